"""Which source wins, and what becomes of names that are not keys."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.backends import FilesystemStore, ObjectStore, PostgresRepo, SqliteRepo
from pictd.config.findings import ConfigError
from pictd.config.layers import KEYS, Given
from pictd.config.legacy import OLD_KEYS
from pictd.config.load import Loaded, load, load_named
from pictd.model.formats import Format
from tests.config.samples import from_environment, variable, write_json

BUCKET = {
    "type": "object_storage",
    "endpoint": "http://h",
    "bucket_name": "b",
    "region": "r",
    "access_key": "a",
    "secret_key": "s",
}


class LoadCase(SynchronousTestCase):
    """Writes files and tells errors."""

    def file(self, text: str, name: str = "c.toml") -> Path:
        """A configuration file with this text."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / name).write_text(text)
        return folder / name

    def wrong(self, settings: dict[str, str], **more: str) -> str:
        """The reasons why variables are refused."""
        return str(self.assertRaises(ConfigError, from_environment, settings, **more))


class PrecedenceTests(LoadCase):
    """Later sources win, key by key (spec 2.1)."""

    def test_sources_in_their_order(self) -> None:
        """Defaults, file, environment, flags."""
        file = self.file("[media.image]\nmax_width = 1\nmax_height = 1\nmax_area = 1\n")
        environ = {"PICTRS__MEDIA__IMAGE__MAX_HEIGHT": "2", "PICTRS__MEDIA__IMAGE__MAX_AREA": "2"}
        flags = {"media.image.max_area": Given("3", "flag --media-image-max-area")}
        image = load(file, environ, flags).config.media.image
        found = (image.max_width, image.max_height, image.max_area, image.max_file_size)
        self.assertEqual(found, (1, 2, 3, 40))

    def test_rust_log_lies_between_file_and_environment(self) -> None:
        """An empty one counts as not set."""
        file = self.file('[tracing.logging]\ntargets = "error"\n')
        ours = variable("tracing.logging.targets")

        def targets(**environ: str) -> str:
            return str(load(file, environ, {}).config.tracing.logging.targets)

        self.assertEqual(targets(), "error")
        self.assertEqual(targets(RUST_LOG=""), "error")
        self.assertEqual(targets(RUST_LOG="warn"), "warn")
        self.assertEqual(targets(RUST_LOG="warn", **{ours: "debug"}), "debug")

    def test_tmpdir_changes_a_default(self) -> None:
        """The file wins over it."""
        file = self.file('[server]\ntemporary_directory = "/f"\n')
        self.assertEqual(
            load(None, {"TMPDIR": "/t"}, {}).config.server.temporary_directory, Path("/t")
        )
        self.assertEqual(
            load(file, {"TMPDIR": "/t"}, {}).config.server.temporary_directory, Path("/f")
        )

    def test_a_list_is_replaced_whole(self) -> None:
        """It is not added to."""
        file = self.file('[media]\nfilters = ["blur", "crop"]\n')
        environ = {"PICTRS__MEDIA__FILTERS": "resize"}
        self.assertEqual(load(file, environ, {}).config.media.filters, ("resize",))

    def test_null_and_empty_text_unset_an_optional_key(self) -> None:
        """Over a lower source."""
        file = write_json(Path(self.mktemp() + ".json"), {"server.api_key": None})
        self.assertIsNone(load(file, {}, {}).config.server.api_key)
        flags = {"server.api_key": Given("", "flag --api-key")}
        environ = {variable("server.api_key"): "key"}
        self.assertIsNone(load(None, environ, flags).config.server.api_key)

    def test_null_for_a_key_that_must_have_a_value(self) -> None:
        """Is an error (spec 2.1)."""
        file = write_json(Path(self.mktemp() + ".json"), {"server.address": None})
        error = self.assertRaises(ConfigError, load, file, {}, {})
        self.assertIn("server.address", str(error))


class EnvironmentTests(LoadCase):
    """Variables (spec 2.3; contract D1, D9)."""

    def test_names_are_matched_in_any_letter_case(self) -> None:
        """Of both prefixes."""
        for name in ("PICTRS__SERVER__API_KEY", "pictd__server__api_key"):
            self.assertEqual(load(None, {name: "k"}, {}).config.server.api_key, "k")

    def test_prefixes_that_agree(self) -> None:
        """Are one setting."""
        environ = {"PICTD__SERVER__WORKERS": "4", "PICTRS__SERVER__WORKERS": "4"}
        self.assertEqual(load(None, environ, {}).config.server.workers, 4)

    def test_prefixes_that_disagree(self) -> None:
        """Are told by name; an empty one does not disagree."""
        said = self.wrong({"server.workers": "4"}, PICTRS__SERVER__WORKERS="3")
        self.assertIn("PICTD__SERVER__WORKERS and PICTRS__SERVER__WORKERS", said)
        loaded = from_environment({"server.api_key": "k"}, PICTRS__SERVER__API_KEY="")
        self.assertEqual(loaded.config.server.api_key, "k")

    def test_an_empty_variable_of_an_optional_key_or_list_is_not_set(self) -> None:
        """What the file says holds (contract A11, D9)."""
        file = self.file('[server]\napi_key = "k"\n[media]\nfilters = ["blur"]\n')
        environ = {"PICTRS__SERVER__API_KEY": "", "PICTRS__MEDIA__FILTERS": ""}
        config = load(file, environ, {}).config
        self.assertEqual((config.server.api_key, config.media.filters), ("k", ("blur",)))

    def test_an_empty_variable_of_a_key_that_must_have_a_value(self) -> None:
        """Is an error that names it."""
        self.assertIn("server.address", self.wrong({"server.address": ""}))

    def test_bytes_that_are_no_text(self) -> None:
        """Are refused by name."""
        self.assertIn("UTF-8", self.wrong({"media.filters": "\udcff"}))

    def test_other_variables_are_none_of_ours(self) -> None:
        """A single underscore makes no prefix."""
        environ = {"PICTRS_SERVER__API_KEY": "k", "PATH": "/bin", "PICTRS_PORT": "1"}
        loaded = load(None, environ, {})
        self.assertEqual((loaded.config.server.api_key, loaded.warnings), (None, ()))

    def test_all_errors_are_told_at_once(self) -> None:
        """With key, value, rule and source."""
        said = self.wrong({"media.image.max_width": "70000", "server.read_only": "maybe"})
        self.assertIn(
            "media.image.max_width: 70000 is not a whole number from 0 to 65535 "
            "(environment PICTD__MEDIA__IMAGE__MAX_WIDTH)",
            said,
        )
        self.assertIn("server.read_only: maybe is not", said)


class KindTests(LoadCase):
    """Choosing a database and a store (spec 2.5, 2.6)."""

    def test_keys_of_the_other_kinds_are_left_aside(self) -> None:
        """Even wrong ones."""
        settings = {"store.endpoint": "no url", "repo.use_tls": "maybe"}
        self.assertEqual(from_environment(settings).config.store, FilesystemStore())

    def test_what_a_kind_needs_is_named(self) -> None:
        """All of it."""
        said = self.wrong({"store.type": "object_storage", "store.region": "r"})
        for name in ("endpoint", "bucket_name", "access_key", "secret_key"):
            self.assertIn(f"store.{name}: it is missing", said)
        self.assertIn("repo.url: it is missing", self.wrong({"repo.type": "postgres"}))

    def test_kinds_are_matched_exactly(self) -> None:
        """As pict-rs does."""
        for settings in ({"repo.type": "Postgres"}, {"repo.type": "mysql"}, {"store.type": "s3"}):
            self.assertIn(next(iter(settings)), self.wrong(settings))

    def test_an_object_store(self) -> None:
        """Path style is off where it is not set (contract D9)."""
        store = from_environment({f"store.{k}": v for k, v in BUCKET.items()}).config.store
        assert isinstance(store, ObjectStore)
        self.assertEqual((store.endpoint, store.use_path_style), ("http://h", False))

    def test_an_object_store_with_no_time_to_answer(self) -> None:
        """Is refused: every request would fail."""
        settings = {f"store.{k}": v for k, v in BUCKET.items()} | {"store.client_timeout": "0"}
        self.assertIn("a whole number from 1", self.wrong(settings))

    def test_a_postgres_repo(self) -> None:
        """Its URL is kept as it is."""
        settings = {"repo.type": "postgres", "repo.url": "postgres:///d", "repo.use_tls": "yes"}
        repo = from_environment(settings).config.repo
        self.assertEqual(repo, PostgresRepo(url="postgres:///d", use_tls=True))

    def test_sled_is_the_old_name_of_sqlite(self) -> None:
        """Its path is a directory (contract D4)."""
        repo = from_environment({"repo.type": "sled", "repo.path": "/d"}).config.repo
        assert isinstance(repo, SqliteRepo)
        self.assertEqual(repo.path, Path("/d/pictd.sqlite3"))
        self.assertEqual(repo.sled_directory, Path("/d"))

    def test_an_old_store(self) -> None:
        """Is none unless its type is set."""
        self.assertIsNone(load(None, {}, {}).config.old_store)
        settings = {"old_store.type": "filesystem", "old_store.path": "/old"}
        self.assertEqual(from_environment(settings).config.old_store, FilesystemStore(Path("/old")))
        self.assertIn("old_store.type: it is missing", self.wrong({"old_store.path": "/old"}))

    def test_presets_have_names_of_the_operators_own(self) -> None:
        """From several sources; the name becomes part of URLs."""
        file = self.file('[media.presets]\nsmall = "resize=200"\nbig = "resize=1"\n')
        presets = load(file, {"PICTD__MEDIA__PRESETS__BIG": "resize=9"}, {}).config.media.presets
        self.assertEqual(
            {k: v.pairs()[0][1] for k, v in presets.items()}, {"small": "200", "big": "9"}
        )
        self.assertIn("a name is of", self.wrong({"media.presets.a/b": "resize=1"}))


class OldNamesTests(LoadCase):
    """Keys of 0.3 and 0.4 (spec 9; contract D2)."""

    def old(self, path: str, value: str) -> Loaded:
        """Load an old key from the environment."""
        return from_environment({path: value})

    def test_old_keys_are_honoured_where_they_mean_the_same(self) -> None:
        """And the new name is told."""
        loaded = self.old("media.format", "webp")
        self.assertIs(loaded.config.media.image.format, Format.IMAGE_WEBP)
        self.assertIn("media.image.format", loaded.warnings[0])
        self.assertIn("PICTD__MEDIA__FORMAT", loaded.warnings[0])

    def test_the_new_name_wins_in_the_same_source(self) -> None:
        """Order does not matter."""
        settings = {"media.max_width": "1", "media.image.max_width": "2"}
        self.assertEqual(from_environment(settings).config.media.image.max_width, 2)

    def test_an_old_name_in_a_higher_source_wins(self) -> None:
        """It is a setting like any other."""
        file = self.file("[media.image]\nmax_width = 5\n")
        environ = {"PICTRS__MEDIA__MAX_WIDTH": "6"}
        self.assertEqual(load(file, environ, {}).config.media.image.max_width, 6)

    def test_removed_keys_are_told(self) -> None:
        """They set nothing."""
        loaded = self.old("server.worker_id", "w")
        self.assertIn("server.worker_id", loaded.warnings[0])
        self.assertIn("removed", loaded.warnings[0])

    def test_limits_of_gif_are_told_but_not_honoured(self) -> None:
        """They said which GIFs stay animations; now all do."""
        loaded = self.old("media.gif.max_width", "128")
        self.assertEqual(loaded.config.media.animation.max_width, 1920)
        self.assertIn("media.animation.max_width", loaded.warnings[0])

    def test_names_of_the_first_alphas(self) -> None:
        """One underscore, no tables."""
        loaded = load(None, {"PICTRS_ADDR": "127.0.0.1:1"}, {})
        self.assertEqual(str(loaded.config.server.address), "127.0.0.1:1")
        self.assertIn("server.address", loaded.warnings[0])

    def test_no_old_name_is_a_key_and_every_new_one_is(self) -> None:
        """The table is of use."""
        self.assertEqual(set(OLD_KEYS) & set(KEYS), set())
        self.assertEqual({old.new for old in OLD_KEYS.values() if old.new} - set(KEYS), set())


class UnknownNamesTests(LoadCase):
    """A slip must not be silent (contract D2)."""

    def test_the_nearest_key_is_named(self) -> None:
        """From a file and from the environment."""
        file = self.file("[media.image]\nmax_widht = 1\n")
        for loaded in (load(file, {}, {}), from_environment({"media.image.max_widht": "1"})):
            (warning,) = loaded.warnings
            self.assertIn("media.image.max_widht", warning)
            self.assertIn("did you mean media.image.max_width?", warning)

    def test_a_name_near_to_nothing(self) -> None:
        """No suggestion is better than a silly one."""
        (warning,) = from_environment({"zzz": "1"}).warnings
        self.assertNotIn("mean", warning)

    def test_a_table_is_no_value(self) -> None:
        """The message names it."""
        error = self.assertRaises(ConfigError, load, self.file("media = 5\n"), {}, {})
        self.assertIn("media: it is a table", str(error))


class NamedTests(LoadCase):
    """What the command line alone names."""

    def test_flags_and_defaults(self) -> None:
        """Are all that counts."""
        flags = {"repo.type": Given("sqlite", "a"), "repo.path": Given("/x", "a")}
        self.assertEqual(load_named(flags).repo, SqliteRepo(Path("/x")))

    def test_what_is_missing(self) -> None:
        """Is named."""
        flags = {"repo.type": Given("postgres", "a")}
        error = self.assertRaises(ConfigError, load_named, flags)
        self.assertIn("repo.url: it is missing", str(error.messages))
