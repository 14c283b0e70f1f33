"""Databases that a real pict-rs has made, against what its HTTP interface answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from pictd.migration.pict_rs_sled.skips import Reason
from pictd.migration.pict_rs_sled.source import PictRs
from pictd.model import times
from pictd.model.carried import CarriedOriginal, Tally
from pictd.model.records import Queue
from pictd.model.uploads import result_to_json
from pictd.sled.database import open_database
from tests.support.takeover import NAMES, expected, unpacked

NOW = 4711


def shown(original: CarriedOriginal) -> dict[str, Any]:
    """As ``expected`` has it, in the members that the database decides."""
    record, details = original.record, original.details
    measured = details.get(record.identifier)
    return {
        "hex": record.hash.hex,
        "sha256": record.hash.digest.hex(),
        "size": record.hash.size,
        "format": record.hash.format.as_json(),
        "created_at": times.to_rfc3339(record.created_at),
        "identifier": record.identifier,
        "details": None if measured is None else measured.as_json(),
        "motion_identifier": record.motion,
        "blurhash": record.blurhash,
        "aliases": {str(alias): token.text for alias, token in original.aliases.items()},
        "variants": {
            variant.key: {
                "key": variant.key,
                "identifier": variant.identifier,
                "details": details[variant.identifier].as_json(),
                "accessed": times.to_rfc3339(variant.accessed),
            }
            for variant in original.variants
        },
    }


def wanted(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of ``expected``, in the same form."""
    kept = {key: entry[key] for key in entry if not key.startswith("file_")}
    aliases = {each["alias"]: each["token"] for each in entry["aliases"]}
    never = times.to_rfc3339(NOW)
    variants = {v["key"]: v | {"accessed": v["accessed"] or never} for v in entry["variants"]}
    return kept | {"aliases": aliases, "variants": variants}


class PictRsTests(SynchronousTestCase):
    """Spec sled §14."""

    def source(self, name: str) -> PictRs:
        """One of the databases."""
        database = open_database(unpacked(name, Path(self.mktemp())))
        self.addCleanup(database.close)
        return PictRs(database, NOW)

    def test_originals(self) -> None:
        """Every original is as it was, with all that hangs on it."""
        for name in NAMES:
            found = sorted(map(shown, self.source(name).originals()), key=lambda e: e["hex"])
            entries = map(wanted, expected(name)["hashes_newest_first"])
            self.assertEqual(found, sorted(entries, key=lambda e: e["hex"]))

    def test_proxies(self) -> None:
        """Every proxied URL, with its last access."""
        for name in NAMES:
            proxies = [p for each in self.source(name).originals() for p in each.proxies]
            found = {(p.url, str(p.alias), times.to_rfc3339(p.accessed)) for p in proxies}
            entries = expected(name)["proxies"]
            self.assertEqual(found, {(e["url"], e["alias"], e["accessed"]) for e in entries})

    def test_settings(self) -> None:
        """All that pict-rs of today writes mean something here."""
        for name in NAMES:
            found = {key: value.hex() for key, value in self.source(name).settings().items()}
            self.assertEqual(found, expected(name)["settings"])

    def test_uploads(self) -> None:
        """Every upload, with its result."""
        for name in NAMES:
            found = {
                each.id: None if each.result is None else result_to_json(each.result)
                for each in self.source(name).uploads()
            }
            entries = expected(name)["uploads"]
            self.assertEqual(found, {each["id"]: each["result"] for each in entries})

    def test_jobs(self) -> None:
        """Every job of a killed server, in order, but for uploads that were done."""
        source = self.source("killed")
        entries = expected("killed")["jobs_in_order"]
        found = {each.id: each for each in source.jobs()}
        self.assertEqual(list(found), [entry["id"] for entry in entries])
        done = source.skipped.counts.get(Reason.JOB_DONE, 0)
        same = [e for e in entries if found[e["id"]].queue is Queue(e["queue"])]
        self.assertEqual(len(entries) - len(same), done)
        for entry in same:
            if entry["payload"] is not None:  # a long one is not written out
                self.assertEqual(found[entry["id"]].payload, entry["payload"])
            self.assertEqual(found[entry["id"]].attempts_left, entry["retries"])

    def test_tally(self) -> None:
        """How much there is, for who shows progress."""
        tally = self.source("clean").tally()
        self.assertEqual(tally, Tally(25, 27, 4, 9, uploads=3, jobs=0, settings=3))

    def test_skipped(self) -> None:
        """Nothing but what pict-rs leaves behind."""
        for name in NAMES:
            source = self.source(name)
            list(source.originals())
            orphans = len(expected(name)["details_without_owner"])
            counts = dict(source.skipped.counts)
            self.assertEqual(counts.pop(Reason.DETAILS_WITHOUT_FILE, 0), orphans)
            self.assertLessEqual(set(counts), {Reason.LEFT_OVER, Reason.ACCESS_WITHOUT_VARIANT})
            strays = len(expected(name)["variant_access_without_variant"])
            self.assertEqual(sum(counts.values()), strays)
