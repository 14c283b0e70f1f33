"""JPEG XL for Pillow, as a format like its own."""

from __future__ import annotations

from typing import IO, Any

from PIL import Image, ImageFile

from pictd.imaging.jxl.decoder import Decoder
from pictd.imaging.jxl.encoder import Raster, Settings, encode
from pictd.imaging.jxl.library import installed

NAME = "JXL"
SIGNATURES = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")


class JxlImageFile(ImageFile.ImageFile):
    """A still; its pixels lie as they are coded, whatever the orientation.

    :ivar used: bytes of the file up to the end of the picture; 0 before it was loaded.
    """

    format = NAME
    format_description = "JPEG XL"
    used = 0
    _decoder: Decoder | None = None

    def _open(self) -> None:
        assert self.fp is not None
        decoder = Decoder(installed(), self.fp.read())
        header = decoder.header
        self._size, self._mode, self._decoder = header.size, header.mode, decoder
        if header.profile:
            self.info["icc_profile"] = header.profile

    def load(self) -> Any:
        """See Pillow."""
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            pixels, self.used = decoder.pixels(), decoder.used
            decoder.close()
            self.load_prepare()
            self.frombytes(pixels)
        return super().load()


def _accept(start: bytes) -> bool:
    return start.startswith(SIGNATURES)


def _save(image: Image.Image, out: IO[bytes], filename: str | bytes) -> None:
    chosen = image.encoderinfo
    raster = Raster(image.mode, image.size, image.tobytes(), chosen.get("icc_profile"))
    settings = Settings(chosen.get("distance", 1.0), chosen.get("effort", 7))
    out.write(encode(installed(), raster, settings))


Image.register_open(NAME, JxlImageFile, _accept)
Image.register_save(NAME, _save)
Image.register_extension(NAME, ".jxl")
