"""URLs as browsers read them, which is also how they are kept (spec storage §1.11)."""

from __future__ import annotations

from typing import Self

import ada_url
import attrs

_PORTS = {"http:": 80, "https:": 443}
_MOST_HOST = 253
_MOST_LABEL = 63
"""Letters, as DNS has it."""


def normalised(url: str) -> str:
    """The one spelling of an absolute URL: scheme and host in lower case, the host in ASCII and
    addresses in their common form, no default port, a path, no dot segments. Query and fragment
    stay, and so do percent-encodings.

    :raise ValueError: it is relative, or no URL at all.
    """
    return ada_url.URL(url).href


def is_absolute(url: str) -> bool:
    """Whether a text is an absolute URL; those of the web need a host and a valid port."""
    try:
        return bool(normalised(url))
    except ValueError:
        return False


def without_query(url: str) -> str:
    """What of an absolute URL may be shown: scheme, host and path, without name or password.

    :raise ValueError: it is relative, or no URL at all.
    """
    parts = ada_url.URL(url)
    return f"{parts.protocol}//{parts.host}{parts.pathname}"


@attrs.frozen
class WebUrl:
    """What can be fetched.

    :ivar text: in its normal form, without a fragment.
    :ivar host: a name in ASCII or a numeric address, IPv6 without brackets.
    """

    text: str
    secure: bool
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """:raise ValueError: it is no http or https URL, its host can't exist, or it carries a
        password: what is fetched is shown to everybody."""
        parts = ada_url.URL(url)
        if parts.protocol not in _PORTS:
            raise ValueError("URL scheme is not allowed")
        if parts.username or parts.password:
            raise ValueError("a URL with user name or password is not allowed")
        host = parts.hostname.strip("[]")
        if ":" not in host and not _is_name(host):
            raise ValueError("invalid host name")
        parts.hash = ""
        port = int(parts.port or _PORTS[parts.protocol])
        return cls(parts.href, parts.protocol == "https:", host, port)

    def onward(self, location: str) -> Self:
        """Where a redirect from here leads.

        :raise ValueError: as ``parse``.
        """
        return self.parse(ada_url.URL(location, base=self.text).href)


def _is_name(host: str) -> bool:
    """Longer names, and empty labels, are refused by DNS, and not softly by resolvers."""
    bare = host.removesuffix(".")
    return len(bare) <= _MOST_HOST and all(0 < len(e) <= _MOST_LABEL for e in bare.split("."))
