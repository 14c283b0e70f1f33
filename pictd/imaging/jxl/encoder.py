"""Pixels of 8 bits a channel to JPEG XL, in one thread."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_size_t

import attrs

from pictd.imaging.failures import Impossible
from pictd.imaging.jxl.library import BasicInfo, bytewise, srgb

_SUCCESS, _MORE_OUTPUT = 0, 2
_EFFORT = 0
_PIECE = 256 * 1024


@attrs.frozen
class Raster:
    """:ivar mode: Pillow's name for the channels: L, LA, RGB or RGBA.
    :ivar pixels: row by row.
    :ivar profile: the ICC profile; None for sRGB.
    """

    mode: str
    size: tuple[int, int]
    pixels: bytes = attrs.field(repr=False)
    profile: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Settings:
    """:ivar distance: how far the result may be from the source, in just noticeable differences;
        0 is lossless.
    :ivar effort: 1 for the fastest to 9.
    """

    distance: float
    effort: int


def encode(jxl: ctypes.CDLL | None, raster: Raster, settings: Settings) -> bytes:
    """A bare codestream wherever that can hold the picture.

    :raise Impossible: there is no library, or it can't write this.
    """
    if jxl is None:
        raise Impossible("JPEG XL can't be written here: libjxl is not installed")
    handle = jxl.JxlEncoderCreate(None)
    if not handle:
        raise MemoryError
    try:
        _describe(jxl, handle, raster, settings.distance == 0)
        _add(jxl, handle, raster, settings)
        return _output(jxl, handle)
    finally:
        jxl.JxlEncoderDestroy(handle)


def _describe(jxl: ctypes.CDLL, handle: int, raster: Raster, lossless: bool) -> None:
    info = BasicInfo()
    jxl.JxlEncoderInitBasicInfo(byref(info))
    info.width, info.height = raster.size
    info.uses_original_profile = lossless
    info.colour_channels = 1 if raster.mode in ("L", "LA") else 3
    if raster.mode in ("LA", "RGBA"):
        info.extra_channels, info.alpha_bits = 1, 8
    _check(jxl.JxlEncoderSetBasicInfo(handle, byref(info)))
    profile = raster.profile
    if profile is not None:
        _check(jxl.JxlEncoderSetICCProfile(handle, profile, len(profile)))
        return
    colours = srgb(jxl, grey=info.colour_channels == 1)
    _check(jxl.JxlEncoderSetColorEncoding(handle, byref(colours)))


def _add(jxl: ctypes.CDLL, handle: int, raster: Raster, settings: Settings) -> None:
    frame = jxl.JxlEncoderFrameSettingsCreate(handle, None)
    _check(jxl.JxlEncoderFrameSettingsSetOption(frame, _EFFORT, settings.effort))
    if settings.distance:
        _check(jxl.JxlEncoderSetFrameDistance(frame, settings.distance))
    else:
        _check(jxl.JxlEncoderSetFrameLossless(frame, 1))
    layout, pixels = bytewise(len(raster.mode)), raster.pixels
    _check(jxl.JxlEncoderAddImageFrame(frame, byref(layout), pixels, len(pixels)))
    jxl.JxlEncoderCloseInput(handle)


def _output(jxl: ctypes.CDLL, handle: int) -> bytes:
    piece = ctypes.create_string_buffer(_PIECE)
    made, status = bytearray(), _MORE_OUTPUT
    while status == _MORE_OUTPUT:
        at, left = ctypes.c_void_p(ctypes.addressof(piece)), c_size_t(_PIECE)
        status = jxl.JxlEncoderProcessOutput(handle, byref(at), byref(left))
        made += memoryview(piece)[: _PIECE - left.value]
    _check(status)
    return bytes(made)


def _check(status: int) -> None:
    if status != _SUCCESS:
        raise Impossible("the picture can't be written as JPEG XL")
