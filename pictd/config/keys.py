"""How the schema is declared, and how it is walked.

A configuration class is ``attrs.frozen``; every field is made by ``key`` (one setting), ``table``
(settings with names of the operator's own), ``section`` (a class of its own) or ``variants`` (one
class out of several, chosen by a key ``type``). The path of a key is the path of its attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from pictd.config.values import Rule, alternatives, text_of

PART = "pictd.config.part"
GLOBAL = "global"
RUN = "run"


@attrs.frozen
class Key:
    """One setting.

    :ivar default: the typed value where nothing is set; None: unset.
    :ivar required: there must be a value, and the default is none.
    :ivar doc: one line about the effect.
    :ivar flag: the long flag, without dashes, where it does not follow from the path.
    :ivar short: the one-letter flag.
    :ivar inverted: the flag switches off.
    """

    rule: Rule[Any]
    default: object
    doc: str
    required: bool = False
    flag: str = ""
    short: str = ""
    inverted: bool = False

    @property
    def optional(self) -> bool:
        """Whether the key may be without a value."""
        return self.default is None and not self.required


@attrs.frozen
class Table:
    """Settings of one rule, with names of the operator's own."""

    key: Key


@attrs.frozen
class Section:
    """:ivar scope: the level of the command line that its flags belong to; empty: as outside."""

    type: type
    doc: str
    scope: str


@attrs.frozen
class Variant:
    """One of several classes.

    :ivar settle: what the rest of the program sees of an instance.
    """

    type: type
    settle: Callable[[Any], Any]


@attrs.frozen
class Variants:
    """:ivar default: the type where none is set; None: the whole table is then unset.
    :ivar scope: RUN where flags need no subcommand; empty: each variant is one.
    """

    choices: Mapping[str, Variant]
    default: str | None
    doc: str
    scope: str


def key(rule: Rule[Any], default: object, doc: str, **more: Any) -> Any:
    """A field that is one setting; ``more`` as in ``Key``."""
    made = Key(rule, default, doc, **more)
    return attrs.field(default=default, metadata={PART: made}, repr=not rule.secret)


def required(rule: Rule[Any], doc: str, **more: Any) -> Any:
    """A field that is one setting without a default; classes take it by its name alone."""
    made = Key(rule, None, doc, required=True, **more)
    return attrs.field(kw_only=True, metadata={PART: made}, repr=not rule.secret)


def table(rule: Rule[Any], doc: str) -> Any:
    """A field that is a mapping of names to values."""
    return attrs.field(factory=dict, metadata={PART: Table(Key(rule, None, doc))})


def section(type: type, doc: str, scope: str = "") -> Any:
    """A field that is a class of the schema."""
    return attrs.field(factory=type, metadata={PART: Section(type, doc, scope)})


def variants(default: str | None, doc: str, choices: Mapping[str, Variant], scope: str = "") -> Any:
    """A field that is one of several classes of the schema."""
    metadata = {PART: Variants(choices, default, doc, scope)}
    if default is None:
        return attrs.field(default=None, metadata=metadata)
    return attrs.field(factory=choices[default].type, metadata=metadata)


def variant(type: type, settle: Callable[[Any], Any] = lambda made: made) -> Variant:
    """One of the ``choices`` of ``variants``."""
    return Variant(type, settle)


@attrs.frozen
class Entry:
    """A key in its place.

    :ivar path: its full name, as ``media.image.max_width``; that of a table without the name.
    :ivar scope: the level of the command line that its flags belong to.
    :ivar union: the path of the variants that it is in, and ``variant`` which one; both empty
        elsewhere.
    :ivar named: it is the rule of a table.
    """

    path: str
    key: Key
    scope: str
    union: str = ""
    variant: str = ""
    named: bool = False


def parts(type: type) -> Iterator[tuple[str, Key | Table | Section | Variants]]:
    """(name, part) of every declared field."""
    for field in attrs.fields(type):
        if PART in field.metadata:
            yield field.name, field.metadata[PART]


def entries(type: type, prefix: str = "", scope: str = RUN) -> Iterator[Entry]:
    """Every key, in the order of declaration; a path recurs where several variants have it."""
    for name, part in parts(type):
        path = prefix + name
        if isinstance(part, Key):
            yield Entry(path, part, scope)
        elif isinstance(part, Table):
            yield Entry(path, part.key, scope, named=True)
        elif isinstance(part, Section):
            yield from entries(part.type, f"{path}.", part.scope or scope)
        else:
            yield from _of_variants(path, part)


def _of_variants(path: str, part: Variants) -> Iterator[Entry]:
    yield Entry(f"{path}.type", type_key(part), part.scope)
    for name, choice in part.choices.items():
        scope = part.scope or f"{path}.{name}"
        for entry in entries(choice.type, f"{path}.", scope):
            yield attrs.evolve(entry, scope=scope, union=path, variant=name)


def unions(type: type) -> Mapping[str, Variants]:
    """The variants of the schema, by path; they stand at its top."""
    return {name: part for name, part in parts(type) if isinstance(part, Variants)}


def type_key(part: Variants) -> Key:
    """The key that chooses a variant; names are matched exactly."""
    names = list(part.choices)

    def read(raw: object) -> str:
        name = text_of(raw)
        if name not in names:
            raise ValueError
        return name

    return Key(Rule(alternatives(names), read, names[0]), part.default, part.doc)
