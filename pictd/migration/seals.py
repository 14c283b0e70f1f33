"""What was carried as a few numbers: how many of each kind, and a digest over every record.

Digests of single records are added up, so that their order does not matter. Moments count to the
microsecond, which is what every repo holds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256

import attrs

from pictd.migration.absence import MOMENTS
from pictd.migration.sources import Source
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.uploads import Upload, result_to_json
from pictd.progress import Progress

InThread = Callable[[Callable[[], None]], Awaitable[None]]
_RANGE = 2**256
_MICROSECOND = 1000


@attrs.define
class Seal:
    """Of what was noted so far.

    :ivar counts: as of a ``Tally``, and of ``details``, which a tally leaves out.
    :ivar digest: a number below 2^256.
    """

    counts: Counter[str] = attrs.field(factory=Counter)
    digest: int = 0

    @property
    def records(self) -> int:
        """All kinds together."""
        return self.counts.total()

    @property
    def tally(self) -> Tally:
        """The counts of those kinds that are counted everywhere."""
        return Tally(**{each.name: self.counts[each.name] for each in attrs.fields(Tally)})

    def originals(self, page: Sequence[CarriedOriginal]) -> None:
        """More of them, with all that hangs on them."""
        for each in page:
            for kind in ("aliases", "proxies", "variants", "details"):
                self.counts[kind] += len(getattr(each, kind))
            self._add("originals", _of_original(each))

    def uploads(self, page: Sequence[Upload]) -> None:
        """More of them."""
        for each in page:
            result = None if each.result is None else _sorted(result_to_json(each.result))
            self._add("uploads", (each.id, each.identifier, _rounded(each.created), result))

    def jobs(self, page: Sequence[CarriedJob]) -> None:
        """More of them. Ids may change on the way."""
        for each in page:
            work = each.queue.value, _sorted(each.payload), each.unique_key
            self._add("jobs", (*work, _rounded(each.due), each.attempts_left))

    def settings(self, found: Mapping[str, bytes]) -> None:
        """More of them; those that tell of absence are no matter."""
        for key in found.keys() - MOMENTS:
            self._add("settings", (key, found[key]))

    def _add(self, kind: str, told: tuple[object, ...]) -> None:
        """:param told: of texts, bytes, numbers, None, and lists of such."""
        self.counts[kind] += 1
        found = sha256(f"{kind} {told!r}".encode(errors="surrogatepass")).digest()
        self.digest = (self.digest + int.from_bytes(found)) % _RANGE


async def seal_of(source: Source, progress: Progress, total: int, in_thread: InThread) -> Seal:
    """Of all that there is.

    :param total: originals, uploads and jobs, for the progress.
    :param in_thread: where pages are gone through.
    """
    seal = Seal()
    progress.begin("records verified", total)
    try:
        seal.settings(await source.settings())
        async for originals in source.originals():
            await in_thread(partial(seal.originals, originals))
            progress.advance(len(originals))
        async for uploads in source.uploads():
            await in_thread(partial(seal.uploads, uploads))
            progress.advance(len(uploads))
        async for jobs in source.jobs():
            await in_thread(partial(seal.jobs, jobs))
            progress.advance(len(jobs))
    finally:
        progress.end()
    return seal


def _of_original(each: CarriedOriginal) -> tuple[object, ...]:
    record = each.record
    return (
        record.hash.to_bytes(),
        record.identifier,
        _rounded(record.created_at),
        record.blurhash,
        record.motion,
        sorted((str(alias), token.text) for alias, token in each.aliases.items()),
        sorted((it.url, str(it.alias), _rounded(it.accessed)) for it in each.proxies),
        sorted((it.key, it.identifier, _rounded(it.accessed)) for it in each.variants),
        sorted(
            (name, it.width, it.height, it.frames, it.format.code, _rounded(it.created_at))
            for name, it in each.details.items()
        ),
    )


def _sorted(payload: object) -> str:
    return json.dumps(payload, sort_keys=True)


def _rounded(moment: int) -> int:
    return moment // _MICROSECOND
