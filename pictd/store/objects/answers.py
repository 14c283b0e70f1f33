"""What an S3 service answers: its errors, and its documents."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, fromstring

import attrs
from twisted.web.http_headers import Headers

from pictd.errors import ObjectStoreUnavailable

_MEANINGS = {
    "AccessDenied": "the access key may not do this in the bucket",
    "AuthorizationHeaderMalformed": "store.region is not that of the bucket",
    "ExpiredToken": "the session token has expired",
    "InvalidAccessKeyId": "the service does not know the access key",
    "InvalidToken": "the session token is not valid",
    "NoSuchBucket": "there is no such bucket",
    "PermanentRedirect": "the bucket is at another endpoint",
    "RequestTimeTooSkewed": "the clocks of this machine and of the service differ too much",
    "SignatureDoesNotMatch": "the secret key is wrong, or something on the way changes requests",
}
_PASSING_CODES = ("RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable")
_PASSING = (408, 429, 500, 502, 503, 504)
_SUCCESSES = (200, 204, 206, 304)


@attrs.frozen
class Answer:
    """A whole answer.

    :ivar body: all of it.
    """

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """Empty where there is none."""
        return (self.headers.getRawHeaders(name) or [""])[0]


class Refused(ObjectStoreUnavailable):
    """The service answered that it does not do what was asked.

    :ivar status: of the answer.
    :ivar s3_code: what the service calls it; empty where it does not say.
    """

    def __init__(self, status: int, s3_code: str) -> None:
        self.status, self.s3_code = status, s3_code
        told = f"{status} {s3_code}".strip()
        meaning = _MEANINGS.get(s3_code)
        told = f"{told}: {meaning}" if meaning else told
        super().__init__(f"The object store refuses: {told}")

    @property
    def passes(self) -> bool:
        """Whether it may be otherwise in a moment."""
        return self.status in _PASSING or self.s3_code in _PASSING_CODES


def refuse_failure(answer: Answer) -> None:
    """Return where the answer is one of success, in its body as well: to the end of an upload in
    parts the answer may begin with 200 and go on with an error.

    :raise Refused: it is not.
    """
    code = _text(_parsed(answer.body), "Code") if answer.body.lstrip()[:1] == b"<" else ""
    if answer.status not in _SUCCESSES or code:
        raise Refused(answer.status, code[:64] if code.isascii() and code.isalnum() else "")


def document(answer: Answer) -> Element:
    """The XML of an answer.

    :raise ObjectStoreUnavailable: it is none.
    """
    found = _parsed(answer.body)
    if found is None:
        raise ObjectStoreUnavailable("The object store answers with something that is no XML")
    return found


def texts(element: Element, path: str) -> list[str]:
    """Of all elements of this path, whatever their namespace."""
    found = element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
    return [each.text or "" for each in found]


def text(element: Element, name: str) -> str:
    """Of the first of this name; empty where there is none."""
    return next(iter(texts(element, name)), "")


def _text(element: Element | None, name: str) -> str:
    is_error = element is not None and element.tag.rpartition("}")[2] == "Error"
    return text(element, name) if element is not None and is_error else ""


def _parsed(body: bytes) -> Element | None:
    try:
        return fromstring(body.strip())
    except ParseError:
        return None
