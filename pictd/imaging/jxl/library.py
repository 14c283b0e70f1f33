"""libjxl as it is installed on the machine: its functions and structures, through ctypes.

Versions 0.7 to 0.11 have the same calls but for three: until 0.9, those that ask for a colour
profile took a pixel format that they did not use (``before_target``).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_double,
    c_float,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
)
from functools import lru_cache
from typing import Any

_NAMES = tuple(f"libjxl.so.0.{minor}" for minor in range(11, 6, -1))
_NO_PIXEL_FORMAT = 9_000

_HANDLE = ctypes.c_void_p
_BYTES = ctypes.c_void_p


class PixelFormat(Structure):
    """How pixels lie in memory."""

    _fields_ = [
        ("channels", c_uint32),
        ("data_type", c_int),
        ("endianness", c_int),
        ("align", c_size_t),
    ]


class BasicInfo(Structure):
    """What the header of a codestream says of its picture."""

    _fields_ = [
        ("have_container", c_int),
        ("width", c_uint32),
        ("height", c_uint32),
        ("bits_per_sample", c_uint32),
        ("exponent_bits_per_sample", c_uint32),
        ("intensity_target", c_float),
        ("min_nits", c_float),
        ("relative_to_max_display", c_int),
        ("linear_below", c_float),
        ("uses_original_profile", c_int),
        ("have_preview", c_int),
        ("have_animation", c_int),
        ("orientation", c_int),
        ("colour_channels", c_uint32),
        ("extra_channels", c_uint32),
        ("alpha_bits", c_uint32),
        ("alpha_exponent_bits", c_uint32),
        ("alpha_premultiplied", c_int),
        ("preview", c_uint32 * 2),
        ("animation", c_uint32 * 4),
        ("intrinsic_size", c_uint32 * 2),
        ("padding", ctypes.c_uint8 * 100),
    ]


class ColourEncoding(Structure):
    """A colour space that has a name."""

    _fields_ = [
        ("space", c_int),
        ("white_point", c_int),
        ("white_point_xy", c_double * 2),
        ("primaries", c_int),
        ("primaries_xy", c_double * 6),
        ("transfer_function", c_int),
        ("gamma", c_double),
        ("rendering_intent", c_int),
    ]


_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "JxlDecoderVersion": (c_uint32, ()),
    "JxlDecoderCreate": (_HANDLE, (_HANDLE,)),
    "JxlDecoderDestroy": (None, (_HANDLE,)),
    "JxlDecoderSubscribeEvents": (c_int, (_HANDLE, c_int)),
    "JxlDecoderSetKeepOrientation": (c_int, (_HANDLE, c_int)),
    "JxlDecoderSetUnpremultiplyAlpha": (c_int, (_HANDLE, c_int)),
    "JxlDecoderSetInput": (c_int, (_HANDLE, _BYTES, c_size_t)),
    "JxlDecoderCloseInput": (None, (_HANDLE,)),
    "JxlDecoderReleaseInput": (c_size_t, (_HANDLE,)),
    "JxlDecoderProcessInput": (c_int, (_HANDLE,)),
    "JxlDecoderGetBasicInfo": (c_int, (_HANDLE, POINTER(BasicInfo))),
    "JxlDecoderSetPreferredColorProfile": (c_int, (_HANDLE, POINTER(ColourEncoding))),
    "JxlDecoderSetImageOutBuffer": (c_int, (_HANDLE, POINTER(PixelFormat), _BYTES, c_size_t)),
    "JxlEncoderCreate": (_HANDLE, (_HANDLE,)),
    "JxlEncoderDestroy": (None, (_HANDLE,)),
    "JxlEncoderInitBasicInfo": (None, (POINTER(BasicInfo),)),
    "JxlEncoderSetBasicInfo": (c_int, (_HANDLE, POINTER(BasicInfo))),
    "JxlEncoderSetICCProfile": (c_int, (_HANDLE, _BYTES, c_size_t)),
    "JxlColorEncodingSetToSRGB": (None, (POINTER(ColourEncoding), c_int)),
    "JxlEncoderSetColorEncoding": (c_int, (_HANDLE, POINTER(ColourEncoding))),
    "JxlEncoderFrameSettingsCreate": (_HANDLE, (_HANDLE, _HANDLE)),
    "JxlEncoderFrameSettingsSetOption": (c_int, (_HANDLE, c_int, c_int64)),
    "JxlEncoderSetFrameLossless": (c_int, (_HANDLE, c_int)),
    "JxlEncoderSetFrameDistance": (c_int, (_HANDLE, c_float)),
    "JxlEncoderAddImageFrame": (c_int, (_HANDLE, POINTER(PixelFormat), _BYTES, c_size_t)),
    "JxlEncoderCloseInput": (None, (_HANDLE,)),
    "JxlEncoderProcessOutput": (c_int, (_HANDLE, POINTER(_BYTES), POINTER(c_size_t))),
}
_OF_TARGETS: dict[str, tuple[Any, ...]] = {
    "JxlDecoderGetColorAsEncodedProfile": (c_int, POINTER(ColourEncoding)),
    "JxlDecoderGetICCProfileSize": (c_int, POINTER(c_size_t)),
    "JxlDecoderGetColorAsICCProfile": (c_int, _BYTES, c_size_t),
}


@lru_cache(maxsize=1)
def installed() -> ctypes.CDLL | None:
    """The library of this machine, loaded at the first call; None where there is none."""
    return load(_NAMES)


def load(names: Sequence[str]) -> ctypes.CDLL | None:
    """The first of these libraries that is there."""
    for name in names:
        try:
            return _with_signatures(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def version(jxl: ctypes.CDLL) -> str:
    """Such as ``0.7.0``."""
    number = jxl.JxlDecoderVersion()
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def before_target(jxl: ctypes.CDLL) -> tuple[None, ...]:
    """What calls that ask for a colour profile take between decoder and target."""
    return (None,) if jxl.JxlDecoderVersion() < _NO_PIXEL_FORMAT else ()


def srgb(jxl: ctypes.CDLL, grey: bool) -> ColourEncoding:
    """sRGB, or greys with its curve."""
    colours = ColourEncoding()
    jxl.JxlColorEncodingSetToSRGB(byref(colours), grey)
    return colours


def bytewise(channels: int) -> PixelFormat:
    """Rows without gaps, of pixels with one byte for each channel."""
    return PixelFormat(channels, 2, 0, 0)


def _with_signatures(jxl: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(jxl, name)
        function.restype, function.argtypes = result, arguments
    unused = tuple(POINTER(PixelFormat) for _ in before_target(jxl))
    for name, arguments in _OF_TARGETS.items():
        function = getattr(jxl, name)
        function.restype, function.argtypes = c_int, (_HANDLE, *unused, *arguments)
    return jxl
