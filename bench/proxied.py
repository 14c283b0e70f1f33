"""What the first request for a proxied URL costs beyond downloading and taking in its file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from bench import samples
from bench.bare_client import seconds_of
from bench.client import get, upload
from bench.costs import milliseconds
from bench.file_server import offering
from bench.server import Server
from bench.table import Goal, Row

# Beside a first one that is not counted.
PICTURES = 20

# Beside both, a URL is looked up and an address checked; then the file is sent.
TARGET = 1.2
NOTES = """\
  proxied     the same files downloaded by Twisted's client, and as many others uploaded"""


def row(server: Server, folder: Path) -> Row:
    """JPEGs of 200 KB from another server of this machine, each asked for once."""
    offered = folder / "offered"
    offered.mkdir()
    for number in range(PICTURES + 1):
        (offered / f"{number}.jpg").write_bytes(samples.web_photo(number))
    with offering(offered) as port:
        urls = [f"http://127.0.0.1:{port}/{number}.jpg" for number in range(PICTURES + 1)]
        downloads = seconds_of(urls)
        taken = [in_turns(server, *each) for each in enumerate(urls)]
    proxying, uploading = zip(*taken[1:], strict=True)
    floor = milliseconds(downloads[1:]) + milliseconds(uploading)
    name = "first request for a proxied JPEG"
    return Row(name, "ms", milliseconds(proxying), floor, Goal.AT_MOST, TARGET)


def in_turns(server: Server, number: int, url: str) -> tuple[float, float]:
    """Seconds of the request for a URL, and of an upload of another such picture right after it,
    so that both find the machine in the same state."""
    asking = get(server.port, f"/image/original?proxy={quote(url, '')}").seconds
    return asking, upload(server.port, samples.web_photo(PICTURES + 1 + number))[1]
