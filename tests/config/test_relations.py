"""Keys that depend on one another."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.findings import ConfigError
from tests.config.samples import from_environment


class RelationsTests(SynchronousTestCase):
    """What can't be, and what is hardly meant."""

    def test_tls_needs_certificate_and_key(self) -> None:
        """One alone would serve plain HTTP (contract D9)."""
        for given, missing in (("certificate", "private_key"), ("private_key", "certificate")):
            settings = {f"server.{given}": "/x"}
            error = self.assertRaises(ConfigError, from_environment, settings)
            self.assertIn(f"server.{missing}: it is missing", str(error))

    def test_a_store_is_not_its_own_predecessor(self) -> None:
        """Reading through would find the same absence again."""
        settings = {"old_store.type": "filesystem", "old_store.path": "/mnt/files"}
        error = self.assertRaises(ConfigError, from_environment, settings)
        self.assertIn("old_store", str(error))

    def test_nginx_sends_files(self) -> None:
        """Objects it can't; both keys are named."""
        bucket = {"endpoint": "http://h", "bucket_name": "b", "region": "r"}
        keys = {"access_key": "a", "secret_key": "s", "type": "object_storage"}
        store = {f"store.{name}": value for name, value in {**bucket, **keys}.items()}
        settings = {"server.accel_prefix": "/stored", **store}
        error = self.assertRaises(ConfigError, from_environment, settings)
        self.assertIn("server.accel_prefix: ", str(error))
        self.assertIn("store.type", str(error))

    def test_steps_that_would_fail_every_upload(self) -> None:
        """Are a warning, as pict-rs starts with them."""
        (warning,) = from_environment({"media.preprocess_steps": "resize=big"}).warnings
        self.assertIn("media.preprocess_steps", warning)
        self.assertEqual(from_environment({"media.preprocess_steps": "resize=9"}).warnings, ())

    def test_only_presets_where_there_are_none(self) -> None:
        """Nothing could be asked for."""
        (warning,) = from_environment({"media.presets_only": "true"}).warnings
        self.assertIn("media.presets_only", warning)
