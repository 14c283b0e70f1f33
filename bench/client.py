"""One request at a time, by the clock."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping

import attrs

# Longer than any request may take. Seconds.
DEADLINE = 60
BOUNDARY = "picture-for-the-benchmark"


class Refused(Exception):
    """The server did not answer as it should."""


@attrs.frozen
class Answer:
    """What came back.

    :ivar seconds: from the first byte sent to the last byte read.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)
    seconds: float


def ask(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """One request on a connection of its own.

    :raise OSError: nobody listens there, or the connection broke.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    began = time.perf_counter()
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        response = connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        return Answer(response.status, dict(response.getheaders()), content, seconds)
    finally:
        connection.close()


def must(answer: Answer, status: int) -> Answer:
    """:raise Refused: the answer has another status."""
    if answer.status != status:
        raise Refused(f"{status} expected, {answer.status} answered: {answer.body[:500]!r}")
    return answer


def upload(port: int, file: bytes) -> tuple[str, float]:
    """Send one picture or video as a form.

    :return: the alias it got, and the seconds it took.
    :raise Refused: it got none.
    """
    answer = must(_send(port, "/image", file), 201)
    return str(json.loads(answer.body)["files"][0]["file"]), answer.seconds


def upload_and_claim(port: int, file: bytes) -> None:
    """Put one picture on the queue, and wait until it is there.

    :raise Refused: it is not.
    """
    answer = must(_send(port, "/image/backgrounded", file), 202)
    id = json.loads(answer.body)["uploads"][0]["upload_id"]
    must(ask(port, "GET", f"/image/backgrounded/claim?upload_id={id}"), 200)


def get(port: int, path: str) -> Answer:
    """:raise Refused: it is not there."""
    return must(ask(port, "GET", path), 200)


def _send(port: int, path: str, file: bytes) -> Answer:
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="images[]"; filename="upload"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    form = head.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return ask(port, "POST", path, form, kind)
