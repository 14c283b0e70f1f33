"""JPEG XL to pixels of 8 bits a channel, in one thread."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_size_t
from types import TracebackType
from typing import Self

import attrs

from pictd.imaging.failures import Unreadable, Unsupported
from pictd.imaging.jxl.library import BasicInfo, ColourEncoding, before_target, bytewise, srgb

_SUCCESS, _NEED_BUFFER = 0, 5
_BASIC_INFO, _COLOUR, _FULL_IMAGE = 0x40, 0x100, 0x1000
_ORIGINAL, _OF_PIXELS = 0, 1
_RGB, _GREY = 0, 1
_D65, _SRGB_PRIMARIES, _SRGB_CURVE = 1, 1, 13
_MODES = {(1, False): "L", (1, True): "LA", (3, False): "RGB", (3, True): "RGBA"}


@attrs.frozen
class Header:
    """:ivar size: as coded, before the orientation is applied.
    :ivar mode: Pillow's name for the channels.
    :ivar profile: the ICC profile that pixels come out with; None for sRGB.
    """

    size: tuple[int, int]
    mode: str
    profile: bytes | None = attrs.field(repr=False)


class Decoder:
    """One file being decoded: first its header, then its pixels.

    :ivar header: what the pixels are.
    :ivar used: bytes of the file up to the end of the picture; 0 before its pixels were decoded.
    """

    def __init__(self, jxl: ctypes.CDLL | None, data: bytes) -> None:
        """:raise Unreadable: broken, or cut short.
        :raise Unsupported: there is no library.
        """
        if jxl is None:
            raise Unsupported("JPEG XL is not taken here: libjxl is not installed")
        self._jxl, self._data = jxl, data
        self._handle = jxl.JxlDecoderCreate(None)
        if not self._handle:
            raise MemoryError
        self.used = 0
        self._begin()
        self.header = self._read_header()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Free what the library holds; may be called again."""
        handle, self._handle = getattr(self, "_handle", None), None
        if handle:
            self._jxl.JxlDecoderDestroy(handle)

    def pixels(self) -> bytearray:
        """Row by row; may be called once.

        :raise Unreadable: broken, cut short, or not the only picture.
        """
        width, height = self.header.size
        layout = bytewise(len(self.header.mode))
        pixels = bytearray(width * height * layout.channels)
        out = (ctypes.c_char * len(pixels)).from_buffer(pixels)
        self._expect(_NEED_BUFFER)
        set_buffer = self._jxl.JxlDecoderSetImageOutBuffer
        self._check(set_buffer(self._handle, byref(layout), out, len(out)))
        self._expect(_FULL_IMAGE)
        self._expect(_SUCCESS)
        self.used = len(self._data) - self._jxl.JxlDecoderReleaseInput(self._handle)
        return pixels

    def _begin(self) -> None:
        jxl, handle = self._jxl, self._handle
        self._check(jxl.JxlDecoderSubscribeEvents(handle, _BASIC_INFO | _COLOUR | _FULL_IMAGE))
        self._check(jxl.JxlDecoderSetKeepOrientation(handle, 1))
        self._check(jxl.JxlDecoderSetUnpremultiplyAlpha(handle, 1))
        self._check(jxl.JxlDecoderSetInput(handle, self._data, len(self._data)))
        jxl.JxlDecoderCloseInput(handle)

    def _read_header(self) -> Header:
        info = BasicInfo()
        self._expect(_BASIC_INFO)
        self._check(self._jxl.JxlDecoderGetBasicInfo(self._handle, byref(info)))
        self._expect(_COLOUR)
        if not info.uses_original_profile:
            self._avoid_linear(info.colour_channels == 1)
        return Header(
            (info.width, info.height),
            _MODES[info.colour_channels, bool(info.alpha_bits)],
            None if self._is_srgb() else self._profile(),
        )

    def _avoid_linear(self, grey: bool) -> None:
        """Lossy pictures with an ICC profile come out linear, for which 8 bits are too few."""
        if self._named(_ORIGINAL) is None:
            wanted = srgb(self._jxl, grey)
            prefer = self._jxl.JxlDecoderSetPreferredColorProfile
            self._check(prefer(self._handle, byref(wanted)))

    def _is_srgb(self) -> bool:
        found = self._named(_OF_PIXELS)
        if found is None:
            return False
        plain = found.white_point == _D65 and found.transfer_function == _SRGB_CURVE
        coloured = found.space == _RGB and found.primaries == _SRGB_PRIMARIES
        return bool(plain and (coloured or found.space == _GREY))

    def _profile(self) -> bytes | None:
        size = c_size_t()
        ask = self._jxl.JxlDecoderGetICCProfileSize
        if ask(*self._target(_OF_PIXELS), byref(size)) != _SUCCESS or not size.value:
            return None
        profile = ctypes.create_string_buffer(size.value)
        get = self._jxl.JxlDecoderGetColorAsICCProfile
        self._check(get(*self._target(_OF_PIXELS), profile, size.value))
        return profile.raw

    def _named(self, target: int) -> ColourEncoding | None:
        """The colour space, where it has a name."""
        found = ColourEncoding()
        ask = self._jxl.JxlDecoderGetColorAsEncodedProfile
        return found if ask(*self._target(target), byref(found)) == _SUCCESS else None

    def _target(self, target: int) -> tuple[object, ...]:
        return (self._handle, *before_target(self._jxl), target)

    def _expect(self, event: int) -> None:
        self._check(self._jxl.JxlDecoderProcessInput(self._handle) - event)

    def _check(self, status: int) -> None:
        if status != _SUCCESS:
            raise Unreadable("the JPEG XL is broken, or cut short")
