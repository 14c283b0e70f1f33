"""The files of a form, pulled one after another."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import BadForm, FileTooLarge, PictdError, StreamTooSlow
from pictd.web.forms import Forms
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest
from tests.support.exchange import Exchange


def part(name: str, data: bytes) -> bytes:
    """A file of a form."""
    head = f'Content-Disposition: form-data; name="images[]"; filename="{name}"'
    return b"--BB\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n"


END = b"--BB--\r\n"


async def collect(request: PictdRequest) -> bytes:
    """Answers with names and sizes; at most 2 files of 100 bytes."""
    forms, found = Forms(request, 2, 100), []
    while (file := await forms.next_file()) is not None:
        size = 0
        while piece := await file.read():
            size += len(piece)
        found.append(f"{file.filename}={size}")
    return " ".join(found).encode()


class FormTests(SynchronousTestCase):
    """``Forms``."""

    def begin(self, length: int, content_type: bytes = b"x/y; boundary=BB") -> Exchange:
        """The head of a form has arrived."""
        exchange = Exchange(collect, BodyLimits(1_000_000))
        head = b"POST /x HTTP/1.1\r\nContent-Length: %d\r\nContent-Type: %b\r\n\r\n"
        exchange.send(head % (length, content_type))
        return exchange

    def answer_to(self, body: bytes) -> object:
        """What the handler came to."""
        exchange = self.begin(len(body))
        exchange.send(body)
        return exchange.leaf.outcomes[0]

    def test_files(self) -> None:
        """Every file comes with its name and its bytes, empty ones too."""
        self.assertEqual(self.answer_to(part("a", b"12345") + part("b", b"") + END), b"a=5 b=0")

    def test_byte_by_byte(self) -> None:
        """However slowly they come."""
        body = part("a", b"12345") + part("b", b"6") + END
        exchange = self.begin(len(body))
        for at in range(len(body)):
            exchange.send(body[at : at + 1])
        self.assertEqual(exchange.leaf.outcomes, [b"a=5 b=1"])

    def test_refusals(self) -> None:
        """What is wrong is told at once, by its own error."""
        expected: dict[bytes, type[PictdError]] = {
            part("a", b"") + part("b", b"") + part("c", b"") + END: BadForm,
            part("a", b"x" * 101) + END: FileTooLarge,
            part("a", b"x"): BadForm,
            END: BadForm,
            b"": BadForm,
        }
        for body, kind in expected.items():
            self.assertIsInstance(self.answer_to(body), kind, body)

    def test_too_many_files(self) -> None:
        """The text is the one that clients know."""
        error = self.answer_to(part("a", b"") * 3 + END)
        self.assertEqual(str(error), "Too many files in request")

    def test_size_at_the_limit(self) -> None:
        """The limit itself is accepted; more tells how much there was."""
        self.assertEqual(self.answer_to(part("a", b"x" * 100) + END), b"a=100")
        error = self.answer_to(part("a", b"x" * 101) + END)
        assert isinstance(error, FileTooLarge)
        self.assertEqual(error.extra, {"limit": 100, "actual": 101})

    def test_no_boundary(self) -> None:
        """The form is refused before its body comes."""
        exchange = self.begin(10, b"multipart/form-data")
        self.assertIsInstance(exchange.leaf.outcomes[0], BadForm)

    def test_limit_of_each_file(self) -> None:
        """Each file has the whole receive limit from its beginning on."""
        exchange = self.begin(1000)
        exchange.send(part("a", b"123")[:-2])
        exchange.clock.advance(50)
        exchange.send(b"\r\n" + part("b", b"123")[:-2])
        exchange.clock.advance(59)
        self.assertEqual(exchange.leaf.outcomes, [])
        exchange.clock.advance(1)
        self.assertIsInstance(exchange.leaf.outcomes[0], StreamTooSlow)
