"""Files to pixels, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Iterator

import attrs
import pi_heif
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,  # noqa: F401 (registers the codec, as do the others)
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from pictd.imaging.colour import plain
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.registry import container_of
from pictd.imaging.failures import ImagingFailure, Unreadable
from pictd.imaging.jxl.plugin import JxlImageFile
from pictd.model.formats import Kind

# Limits were held against the headers, and what is decoded is held against these.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pi_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SCALES = (8, 4, 2, 1)

Size = tuple[int, int]


@attrs.frozen
class Frame:
    """:ivar image: the whole canvas, in a plain mode.
    :ivar milliseconds: how long it is shown.
    """

    image: Image.Image
    milliseconds: float


@attrs.frozen
class Film:
    """Decoded frames, made one by one as they are asked for; a still has one.

    :ivar size: of the whole picture, upright.
    :ivar scale: the frames have one pixel in place of ``scale`` by ``scale``.
    :ivar count: frames.
    :ivar plays: how often they are shown; 0 for ever.
    :ivar tables: the quantisation tables of a JPEG.
    :ivar used: bytes of the file up to the end of the picture, where only its decoder knows.
    """

    size: Size
    frames: Iterator[Frame]
    scale: int = 1
    count: int = 1
    plays: int = 1
    profile: bytes | None = attrs.field(default=None, repr=False)
    tables: tuple[tuple[int, ...], ...] | None = attrs.field(default=None, repr=False)
    used: int | None = None


def decode(data: bytes, outline: Outline, least: Size = (0, 0), first_only: bool = False) -> Film:
    """Begin to decode a file.

    :param least: the decoder may reduce an upright picture as long as it stays this large; (0, 0)
        asks for all of it.
    :param first_only: of an animation, only the first frame.
    :raise Unreadable: broken, or not what its headers say. Asking for frames raises it, too.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=[container_of(data).codec])
    except (ImagingFailure, MemoryError):
        raise
    except Exception as error:
        raise Unreadable("the file can't be decoded") from error
    if outline.format.kind is Kind.ANIMATION and outline.frames and not first_only:
        return _animation(image, outline)
    return _still(image, outline, least)


def _still(image: ImageFile.ImageFile, outline: Outline, least: Size) -> Film:
    scale = _scale(image, outline, least)
    if scale > 1:
        image.draft(None, (outline.width // scale, outline.height // scale))
    tables = _tables(image)
    frame = _loaded(image, _first_position(image))
    coded = -(-outline.width // scale), -(-outline.height // scale)
    embedded = outline.profile or _coded_profile(image)
    canvas, profile = plain(_on_canvas(frame, coded, image.format), embedded)
    turn = _TURNS.get(outline.orientation)
    upright = canvas.transpose(turn) if turn is not None else canvas
    frames = iter([Frame(upright, 0)])
    used = image.used if isinstance(image, JxlImageFile) else None
    return Film(outline.shown_size, frames, scale, profile=profile, tables=tables, used=used)


def _animation(image: ImageFile.ImageFile, outline: Outline) -> Film:
    frames = _frames(image, outline, outline.frames or 1)
    return Film(
        outline.size,
        frames,
        count=outline.frames or 1,
        plays=outline.plays,
        profile=outline.profile,
    )


def _frames(image: ImageFile.ImageFile, outline: Outline, count: int) -> Iterator[Frame]:
    mode, start = "", _first_position(image)
    for position in range(start, start + count):
        picture = _loaded(image, position)
        mode = mode or ("RGB" if picture.mode == "RGB" and image.format != "GIF" else "RGBA")
        duration = picture.info.get("duration", 0)
        canvas = _on_canvas(picture.convert(mode), outline.size, image.format)
        canvas.info = {}
        yield Frame(canvas, float(duration))


def _first_position(image: ImageFile.ImageFile) -> int:
    """An APNG may begin with a picture that is not part of the animation."""
    return 1 if image.info.get("default_image") and getattr(image, "n_frames", 1) > 1 else 0


def _loaded(image: ImageFile.ImageFile, position: int) -> Image.Image:
    try:
        if position:
            image.seek(position)
        image.load()
    except (ImagingFailure, MemoryError):
        raise
    except Exception as error:
        raise Unreadable("the file can't be decoded to its end") from error
    return image


def _on_canvas(image: Image.Image, size: Size, codec: str | None) -> Image.Image:
    """Frames of a GIF may be smaller or larger than the canvas; all else is a header that lies."""
    if image.size == size:
        return image
    if codec != "GIF":
        raise Unreadable(f"the file announces {size} pixels and holds {image.size}")
    return image.convert("RGBA").crop((0, 0, *size))


def _scale(image: ImageFile.ImageFile, outline: Outline, least: Size) -> int:
    """How much smaller a JPEG can be decoded (contract B13); other decoders can't."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or not all(least):
        return 1
    width, height = outline.shown_size
    return next(s for s in _SCALES if s == 1 or (width >= least[0] * s and height >= least[1] * s))


def _coded_profile(image: ImageFile.ImageFile) -> bytes | None:
    """A JPEG XL has its profile where its container does not show it."""
    return image.info.get("icc_profile") if isinstance(image, JxlImageFile) else None


def _tables(image: ImageFile.ImageFile) -> tuple[tuple[int, ...], ...] | None:
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.mode == "CMYK":
        return None
    return tuple(tuple(table) for _, table in sorted(image.quantization.items()))
