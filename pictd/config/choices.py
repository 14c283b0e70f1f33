"""Rules for values out of a closed set, and for lists and steps made of them."""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import parse_qsl

from pictd.config.addresses import NETWORK, ORIGIN, Network
from pictd.config.values import Rule, alternatives, listed, one_of, text_of
from pictd.model.formats import Format, Kind
from pictd.model.operations import Chain, parse_chain


class LogFormat(Enum):
    """Shapes of log output (spec configuration 6.1)."""

    COMPACT = "compact"
    JSON = "json"
    NORMAL = "normal"
    PRETTY = "pretty"


class OnError(Enum):
    """What becomes of an upload whose external validation gives no answer."""

    DENY = "deny"
    ALLOW = "allow"


class Rendition(Enum):
    """What the external validator is sent instead of the stored file."""

    WEBP = "webp"


class Decoder(Enum):
    """Accepted media that can be switched off."""

    APNG = "apng"
    AVIF = "avif"
    GIF = "gif"
    HEIC = "heic"
    JPEG = "jpeg"
    JXL = "jxl"
    MP4 = "mp4"
    PNG = "png"
    WEBM = "webm"
    WEBP = "webp"


_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", re.ASCII)
_PREFIX = re.compile(r"/[\x21-\x7e]*", re.ASCII)


def formats(kind: Kind) -> Rule[Format]:
    """A stored format of this kind, by name in any letter case."""

    def read(raw: object) -> Format:
        return Format.named(kind, text_of(raw))

    names = [each.label for each in Format if each.kind is kind]
    return Rule(alternatives(names), read, names[0])


def pairs(text: str) -> list[tuple[str, str]]:
    """Form-encoded steps as operations take them, in order (spec configuration 3.6)."""
    return parse_qsl(text, keep_blank_values=True)


def _chain(raw: object) -> Chain:
    chain = parse_chain(pairs(text_of(raw)))
    if not chain.steps:
        raise ValueError
    return chain


def _operation(raw: object) -> str:
    name = text_of(raw).strip().lower()
    if not name:
        raise ValueError
    return name


def _header(raw: object) -> str:
    text = text_of(raw)
    if not _HEADER.fullmatch(text):
        raise ValueError
    return text


def _prefix(raw: object) -> str:
    text = text_of(raw)
    if not _PREFIX.fullmatch(text):
        raise ValueError
    return text


CHAIN: Rule[Chain] = Rule("operations such as resize=200&crop=1x1", _chain, "resize=200")
HEADER: Rule[str] = Rule("one line of printable ASCII", _header, "public, max-age=604800")
URL_PREFIX: Rule[str] = Rule("a path that begins with /", _prefix, "/stored")
OPERATIONS: Rule[tuple[str, ...]] = listed(
    Rule("an operation", _operation, "resize"), "a list of operation names"
)
DECODERS: Rule[tuple[Decoder, ...]] = listed(
    one_of(Decoder), "a list out of " + ", ".join(each.value for each in Decoder)
)
NETWORKS: Rule[tuple[Network, ...]] = listed(
    NETWORK, "a list of networks such as 10.0.0.0/8 or fd00::/8, without host bits"
)
ORIGINS: Rule[tuple[str, ...]] = listed(
    ORIGIN, "a list of origins such as https://example.org, or *"
)
