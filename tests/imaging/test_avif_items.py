"""Pictures of AVIF that are made of several items."""

from __future__ import annotations

import struct

import attrs
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.isobmff.avif_items import Item, read_items, write_items
from pictd.imaging.containers.isobmff.boxes import Box, box, boxes, required
from pictd.imaging.containers.registry import outline_of, stripped
from tests.support import samples
from tests.support.samples import SECRET

SIDE = 64


def coded(seed: int) -> tuple[Image.Image, Item]:
    """A picture, and its one item."""
    picture = samples.picture(SIDE, SIDE, seed)
    data = samples.saved(picture, "avif", quality=95, subsampling="4:4:4")
    (item,) = read_items(data, required(boxes(data), b"meta"))
    return picture, item


def grid(extra: bytes = b"") -> tuple[list[Image.Image], bytes]:
    """Two pictures side by side as one, and the AVIF of it."""
    tiles = [coded(seed) for seed in (1, 2)]
    extent = Box(b"ispe", struct.pack(">4xII", 2 * SIDE, SIDE))
    common = [each for each in tiles[0][1].properties if each[1].kind in (b"pixi", b"colr")]
    layout = struct.pack(">BBBBHH", 0, 0, 0, 1, 2 * SIDE, SIDE)
    whole = Item(b"grid", False, layout, [(False, extent), *common], [(b"dimg", [1, 2])])
    items = [whole, *(attrs.evolve(item, hidden=True) for _, item in tiles)]
    kind = box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    sizes = [len(item.data) for item in items]
    start = len(kind) + len(write_items(items, [0] * 3)) + len(extra) + 8
    places = [start, start + sizes[0], start + sum(sizes[:2])]
    data = box(b"mdat", *(item.data for item in items))
    return [picture for picture, _ in tiles], kind + write_items(items, places) + extra + data


class GridTests(SynchronousTestCase):
    """A grid of tiles."""

    def test_a_grid_keeps_its_tiles(self) -> None:
        """It decodes to the same bits after a strip, and to the pictures that it was made of."""
        pictures, data = grid()
        kept = stripped(data)
        self.assertEqual(samples.pixels(kept), samples.pixels(data))
        left = samples.opened(kept).crop((0, 0, SIDE, SIDE))
        self.assertGreater(samples.psnr(left, pictures[0]), 30)

    def test_a_grid_has_the_size_of_the_whole(self) -> None:
        """Not that of a tile."""
        self.assertEqual(outline_of(grid()[1]).size, (2 * SIDE, SIDE))

    def test_what_lies_between_boxes_goes(self) -> None:
        """Also where offsets have to move for it."""
        _, data = grid(samples.box(b"free", SECRET))
        self.assertEqual(stripped(data), stripped(grid()[1]))
