"""All files that mean harm, or are broken."""

from __future__ import annotations

from collections.abc import Iterator

from tests.system.hostile.bombs import picture_bombs
from tests.system.hostile.damage import damaged
from tests.system.hostile.film_bombs import film_bombs
from tests.system.hostile.foreign import foreign, polyglots
from tests.system.hostile.good import Named, films, pictures
from tests.system.hostile.lies import lying
from tests.system.hostile.secrets import secrets


def corpus() -> Iterator[Named]:
    """Every one of them, pictures and films."""
    good = dict(pictures()) | dict(films())
    for name, data in good.items():
        yield from damaged(name, data)
    yield from lying(good)
    yield from polyglots(good)
    yield from foreign()
    yield from secrets()
    yield from picture_bombs()
    yield from film_bombs()
