"""Why a picture can't be taken or made. The class names are how a parent learns the reason."""

from __future__ import annotations


class ImagingFailure(Exception):
    """The text says to people what was wrong."""


class Unreadable(ImagingFailure):
    """The file is broken, or is no media."""


class Unsupported(ImagingFailure):
    """The file is media of a kind that is not taken; the text names it where it is known."""


class Impossible(ImagingFailure):
    """An operation or an output can't be carried out on this picture."""
