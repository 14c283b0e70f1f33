"""Names of what is not taken, so that a refusal can say what it was."""

from __future__ import annotations

import re

_PATTERNS = (
    ("BMP", rb"BM.{4}\0\0\0\0"),
    ("TIFF", rb"II\*\0|MM\0\*|II\+\0|MM\0\+"),
    ("JPEG 2000", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    ("icon", rb"\0\0[\x01\x02]\0[^\0]"),
    ("PSD", rb"8BPS"),
    ("PCX", rb"\x0a[\0-\x05][\0\x01][\x01-\x08]"),
    ("PNM", rb"P[1-7][\s#]"),
    ("MP4 or MOV video", rb".{4}(ftyp|moov|mdat|wide|free|skip)"),
    ("WebM or Matroska video", rb"\x1a\x45\xdf\xa3"),
    ("AVI or WAV", rb"RIFF.{4}(AVI |WAVE)"),
    ("Ogg", rb"OggS"),
    ("FLAC", rb"fLaC"),
    ("MP3", rb"ID3|\xff[\xfa\xfb\xf2\xf3]"),
    ("FLV video", rb"FLV\x01"),
    ("MPEG video", rb"\0\0\x01[\xb3\xba]|\x47.{187}\x47"),
    ("PDF", rb"%PDF-"),
    ("ZIP", rb"PK\x03\x04"),
    ("SVG", rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]"),
)
_FOREIGN = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in _PATTERNS]
_HEAD = 1024


def foreign_name(data: bytes) -> str | None:
    """What the bytes begin as, where it is a known kind of file."""
    head = data[:_HEAD]
    return next((name for name, pattern in _FOREIGN if pattern.match(head)), None)
