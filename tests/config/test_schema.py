"""Every key of the schema, by every way in."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from pictd.config.findings import ConfigError
from pictd.config.flags import flags
from pictd.config.keys import GLOBAL, RUN
from pictd.config.layers import ENTRIES, Given
from pictd.config.load import load
from pictd.config.schema import Config
from pictd.config.toml import native
from tests.config.samples import from_environment, needed, place, variable, write_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


def as_text(value: object) -> str:
    """A value as a variable holds it."""
    plain = native(value)
    if isinstance(plain, list):
        return ",".join(map(str, plain))
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


class EveryKeyTests(SynchronousTestCase):
    """Nothing is declared that can't be set."""

    def test_by_a_file(self) -> None:
        """Each key takes its example from a file, in the file's own types."""
        for entry in ENTRIES:
            example = native(entry.key.rule.example)
            settings = needed(entry) | {place(entry): example}
            file = write_json(Path(self.mktemp() + ".json"), settings)
            loaded = load(file, {}, {})
            self.assertEqual(loaded.values[place(entry)], entry.key.rule.parse(example), entry.path)
            self.assertEqual(loaded.warnings, (), entry.path)

    def test_by_the_environment(self) -> None:
        """Each key takes its example from a variable, as text."""
        for entry in ENTRIES:
            example = entry.key.rule.example
            settings = needed(entry) | {place(entry): example}
            loaded = from_environment({k: as_text(v) for k, v in settings.items()})
            self.assertEqual(loaded.values[place(entry)], entry.key.rule.parse(example), entry.path)

    def test_by_a_flag(self) -> None:
        """Each key but the types that subcommands choose has a flag."""
        scopes = {GLOBAL, RUN} | {f"{e.union}.{e.variant}" for e in ENTRIES if e.union}
        flagged = {flag.entry.path for scope in scopes for flag in flags(scope)}
        everything = {entry.path for entry in ENTRIES}
        self.assertEqual(everything - flagged, {"repo.type", "store.type"})

    def test_a_wrong_value_is_told_with_key_rule_and_source(self) -> None:
        """So that the operator knows what to change, and where."""
        for entry in ENTRIES:
            path = place(entry)
            file = write_json(Path(self.mktemp() + ".json"), needed(entry) | {path: {"a": 1}})
            error = self.assertRaises(ConfigError, load, file, {}, {})
            expected = f"is not {entry.key.rule.words} (file {file})"
            self.assertIn(path, error.messages[0])
            self.assertIn(expected, error.messages[0])

    def test_defaults_keep_their_own_rules(self) -> None:
        """A default could have been set."""
        for entry in ENTRIES:
            default = entry.key.default
            if default is not None:
                self.assertEqual(entry.key.rule.parse(native(default)), default, entry.path)

    @settings(deadline=None, database=None)
    @given(st.one_of(st.text(), JSON))
    def test_no_value_does_worse_than_break_its_rule(self, value: object) -> None:
        """Whatever a file or variable holds; what is taken is written as it reads back."""
        for rule in {id(entry.key.rule): entry.key.rule for entry in ENTRIES}.values():
            try:
                typed = rule.parse(value)
            except ValueError as error:
                self.assertIn(rule.words, str(error))
            else:
                self.assertEqual(rule.parse(native(typed)), typed)

    def test_every_key_is_documented(self) -> None:
        """One sentence at least."""
        for entry in ENTRIES:
            self.assertTrue(entry.key.doc.endswith("."), entry.path)

    def test_a_configuration_of_nothing_is_the_default_one(self) -> None:
        """Tests and tools may write ``Config()``."""
        self.assertEqual(load(None, {}, {}).config, Config())

    def test_flags_of_a_level_are_unlike(self) -> None:
        """No flag hides another."""
        for scope in {GLOBAL, RUN} | {f"{e.union}.{e.variant}" for e in ENTRIES if e.union}:
            names = [name for flag in flags(scope) for name in (flag.name, flag.short) if name]
            self.assertEqual(len(names), len(set(names)), scope)

    def test_secrets_are_neither_shown_nor_told(self) -> None:
        """A configuration may be logged; an error is."""
        loaded = from_environment({"server.api_key": "hush"})
        self.assertNotIn("hush", repr(loaded))
        wrong = {variable("repo.type"): "postgres", variable("repo.url"): "hush"}
        error = self.assertRaises(ConfigError, load, None, wrong, {})
        self.assertNotIn("hush", str(error))

    def test_the_way_is_the_path(self) -> None:
        """The path of a key is the path of its attribute."""
        given = {"media.image.quality.jpeg": Given("7", "flag --x")}
        self.assertEqual(load(None, {}, given).config.media.image.quality.jpeg, 7)
