"""Multipart forms, piece by piece."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import BadForm
from pictd.web.multipart import Event, FileBegins, FileEnds, FormReader, boundary_of

DATA = b"\r\n--B\r\n-\r\n--Bx" + b"\r" * 5 + bytes(range(256))
HEAD = 'Content-Disposition: form-data; name="images[]"; filename="a.png"'


def form(*parts: tuple[str, bytes], end: bytes = b"--BB--\r\n") -> bytes:
    """A form of these heads and bodies."""
    out = b""
    for head, body in parts:
        out += b"--BB\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n"
    return out + end


def parse(body: bytes, step: int = 0) -> list[tuple[str, bytes]]:
    """(name, data) of every file of a form that comes in pieces of that size."""
    reader, files = FormReader("BB"), []
    name, data = "", b""
    events: list[Event] = []
    for at in range(0, len(body), step or len(body) or 1):
        events += reader.feed(body[at : at + (step or len(body))])
    reader.close()
    for event in events:
        if isinstance(event, FileBegins):
            name, data = event.filename, b""
        elif isinstance(event, FileEnds):
            files.append((name, data))
        else:
            data += event
    return files


class BoundaryTests(SynchronousTestCase):
    """``boundary_of``."""

    def test_found(self) -> None:
        """Any type will do, and any case of the parameter."""
        for value in (
            b"multipart/form-data; boundary=BB", b'multipart/form-data; boundary="BB"',
            b"multipart/form-data; Boundary=BB", b"text/plain;boundary=BB; charset=x",
            b'multipart/mixed; x="; boundary=no"; boundary=BB ',
        ):  # fmt: skip
            self.assertEqual(boundary_of(value), "BB", value)

    def test_missing(self) -> None:
        """The mistakes have the texts that clients know."""
        mistakes = {
            None: "No Content-Type header found",
            b"garbage": "Cannot parse Content-Type header",
            b"": "Cannot parse Content-Type header",
            b"multipart/form-data": "Multipart boundary is not found",
            b"application/json; charset=utf-8": "Multipart boundary is not found",
            b"multipart/form-data; boundary=": "Multipart boundary is not found",
            b"multipart/form-data; boundary=" + b"x" * 999: "Multipart boundary is not found",
        }
        for value, text in mistakes.items():
            with self.assertRaises(BadForm) as caught:
                boundary_of(value)
            self.assertEqual(str(caught.exception), text, value)


class AcceptedTests(SynchronousTestCase):
    """Forms that are well-formed."""

    def test_files(self) -> None:
        """Files come in their order, with their bytes."""
        body = form((HEAD, b"one"), (HEAD.replace("a.png", "b"), b""), (HEAD, DATA))
        expected = [("a.png", b"one"), ("b", b""), ("a.png", DATA)]
        self.assertEqual(parse(body), expected)

    def test_any_division(self) -> None:
        """However a form is cut into pieces, it is the same (contract A23)."""
        body = b"preamble\r\n" + form((HEAD, DATA), (HEAD, b"x")) + b"epilogue"
        for step in range(1, len(body)):
            self.assertEqual(parse(body, step), [("a.png", DATA), ("a.png", b"x")], step)

    def test_two_pieces(self) -> None:
        """Also where the cut is inside a delimiter, the last one included."""
        body = form((HEAD, DATA))
        for cut in range(1, len(body) - 2):
            reader = FormReader("BB")
            events = [*reader.feed(body[:cut]), *reader.feed(body[cut:])]
            reader.close()
            self.assertEqual(b"".join(e for e in events if isinstance(e, bytes)), DATA, cut)

    def test_last_line_end(self) -> None:
        """The line end after the last delimiter may be missing."""
        self.assertEqual(len(parse(form((HEAD, b"x"), end=b"--BB--"))), 1)

    def test_heads(self) -> None:
        """Names in any case, without quotes, among other headers."""
        for head in (
            HEAD.replace("Content", "content").replace('"', ""),
            HEAD + "\r\nContent-Type: text/plain", HEAD + "\r\nContent-Type: ;;;",
            HEAD + "\r\nX-Other: 1", "X-Other: 1\r\n" + HEAD,
            HEAD + "\r\nContent-Length: 4", HEAD.replace("form-data", "Form-Data"),
        ):  # fmt: skip
            self.assertEqual(parse(form((head, b"data"))), [("a.png", b"data")], head)

    def test_names(self) -> None:
        """Of a path the last component counts; nothing is decoded but escaped quotes."""
        names = {
            "a/": "a", "dir/a.png": "a.png", "dir/../x.png": "x.png", "/x": "x", "a/.": "a",
            "ä ö 🐈.png": "ä ö 🐈.png", "100%25.png": "100%25.png", "q?x=1#y": "q?x=1#y",
            "...": "...", ".png": ".png", 'a\\"b': 'a"b', "C:\\x": "C:\\x", "a;b=c": "a;b=c",
            "n" * 300: "n" * 300, "a\tb": "a\tb",
        }  # fmt: skip
        for given, kept in names.items():
            body = form((HEAD.replace("a.png", given), b"x"))
            self.assertEqual(parse(body), [(kept, b"x")], given)


class RefusedTests(SynchronousTestCase):
    """Forms that are not."""

    def assert_refused(self, body: bytes, text: str = "") -> None:
        """In one piece and in many."""
        for step in (0, 1, 7):
            with self.assertRaises(BadForm, msg=body) as caught:
                parse(body, step)
            self.assertIn(text, str(caught.exception), body)

    def test_other_fields(self) -> None:
        """There is one field."""
        for name in ("images", "images[0]", "Images[]", "file", "images[] ", "images%5B%5D", ""):
            head = HEAD.replace("images[]", name)
            self.assert_refused(form((head, b"x")), "Found field with unexpected name or type")

    def test_no_file_name(self) -> None:
        """A field must be a file, and its name a name."""
        heads = [HEAD.partition("; filename")[0], HEAD.replace("filename=", "filename*=")]
        heads += [HEAD.replace("a.png", name) for name in ("", "..", "/", ".", "a/..")]
        for head in heads:
            self.assert_refused(form((head, b"x")), "Failed to parse filename")

    def test_disposition(self) -> None:
        """It must be there, be of forms, and have a name."""
        for head in (
            "Content-Type: image/png", HEAD.replace("form-data", "attachment"),
            HEAD.replace('name="images[]"; ', ""),
        ):  # fmt: skip
            self.assert_refused(form((head, b"x")), "No Content-Disposition `form-data` header")

    def test_heads(self) -> None:
        """Headers must be those of HTTP, and few."""
        for head in (
            HEAD.replace("a.png", "a\x7f"), "a b: c\r\n" + HEAD, "nothing\r\n" + HEAD,
            HEAD + "\r\nContent-Length: 3", HEAD + "\r\nX-Y: z" * 40,
            HEAD.replace("a.png", "a" * 20000),
        ):  # fmt: skip
            self.assert_refused(form((head, b"data")))
        self.assert_refused(form((HEAD.replace("a.png", "a\x7f"), b"x")), "invalid Header provided")

    def test_truncated(self) -> None:
        """A form without its last delimiter is refused, wherever it ends."""
        body = form((HEAD, DATA), end=b"")
        for size in range(len(body)):
            self.assert_refused(body[:size], "Multipart stream is incomplete")

    def test_malformed(self) -> None:
        """What is no form, or an empty one."""
        for body in (
            b"--BB--\r\n", b"hello", b"--BB\r\n\r\nx\r\n--BB--\r\n",
            form((HEAD, b"x")).replace(b"\r", b""), b"--BBx\r\n" + form((HEAD, b"x")),
            form((HEAD, b"x\r\n--BBx")),
        ):  # fmt: skip
            self.assert_refused(body)

    def test_latin_1(self) -> None:
        """Headers are UTF-8."""
        body = form((HEAD, b"x")).replace(b"a.png", b"\xe4.png")
        self.assert_refused(body)
