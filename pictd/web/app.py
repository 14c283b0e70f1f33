"""All routes, behind the entrance."""

from __future__ import annotations

from pictd.web.backgrounded import Backgrounded
from pictd.web.choosing import Choosing
from pictd.web.cors import Cors
from pictd.web.deleting import Deleting
from pictd.web.describing import Describing
from pictd.web.downloads import DownloadRoutes
from pictd.web.entrance import Entrance
from pictd.web.health import Health
from pictd.web.listing import Listing
from pictd.web.media import IMMUTABLE, MediaSender
from pictd.web.originals import Originals
from pictd.web.parts import Parts
from pictd.web.routing import Route, Shortcuts, application
from pictd.web.sources import Sources
from pictd.web.upkeep import Upkeep
from pictd.web.uploads import Uploads
from pictd.web.variants import Variants


def entrance(parts: Parts) -> Entrance:
    """The resource that a site serves."""
    settings = parts.settings
    table = routes(parts)
    router = application(table, parts.clock).resource()
    shortcuts = Shortcuts(table, parts.clock)
    return Entrance(router, shortcuts, settings.api_key, Cors(settings.cors_origins))


def routes(parts: Parts) -> list[Route]:
    """Every route of the server, family by family."""
    sources = Sources.of(parts)
    cache_control = (parts.settings.cache_control or IMMUTABLE).encode()
    sender = MediaSender(parts.repo, parts.store, cache_control, parts.accel)
    families = (
        Health(parts),
        Uploads(parts),
        Backgrounded(parts),
        DownloadRoutes(parts),
        Originals(parts, sources, sender),
        Variants(parts, sources, sender),
        Describing(parts, sources),
        Deleting(parts, sources),
        Listing(parts, sources),
        Choosing(parts),
        Upkeep(parts),
    )
    return [route for family in families for route in family.routes()]
