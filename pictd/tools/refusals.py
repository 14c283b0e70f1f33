"""Why an upload is refused, by the word of the child that looked at it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from pictd.errors import (
    BadOperation,
    FileTooLarge,
    KindDisallowed,
    MediaFailed,
    PictdError,
    TooManyFrames,
    TooManyPixels,
    TooTall,
    TooWide,
    VideoDisabled,
)
from pictd.model.limits import Measured, Reason, Refusal, Rules, refusal
from pictd.tools.settings import Pairs

_REFUSALS: Mapping[Reason, type[PictdError]] = {
    Reason.WIDTH: TooWide,
    Reason.HEIGHT: TooTall,
    Reason.AREA: TooManyPixels,
    Reason.FRAMES: TooManyFrames,
    Reason.FILE_SIZE: FileTooLarge,
    Reason.DISALLOWED: KindDisallowed,
    Reason.VIDEO_DISABLED: VideoDisabled,
}


@attrs.frozen
class Terms:
    """What one upload is held against.

    :ivar file_size: bytes of the upload, which the child does not decide.
    :ivar pairs: its operations.
    :ivar disabled: names of formats and decoders that are switched off.
    """

    file_size: int
    rules: Rules
    pairs: Pairs
    disabled: tuple[str, ...]

    def accepted(self, told: Mapping[str, object]) -> Measured:
        """What a child measured, where that is acceptable. It is believed where it says what the
        file is, not in what follows from that.

        :raise UploadRefused: it is not.
        :raise BadOperation: as the child says, of an operation that was really asked for.
        :raise MediaFailed: the child did not measure anything.
        """
        measured = attrs.evolve(measured_by(told), file_size=self.file_size)
        refused = refusal(measured, self.rules)
        if refused is not None:
            raise _refused(refused)
        self._raise_other_refusals(told)
        return measured

    def _raise_other_refusals(self, told: Mapping[str, object]) -> None:
        name, bad = told.get("switched_off"), told.get("bad_operation")
        if "refused" in told and name in self.disabled:
            raise KindDisallowed(f"{name} is switched off by media.disabled_formats")
        if isinstance(bad, str) and bad in (name for name, _ in self.pairs):
            raise BadOperation(f"not a valid operation: {bad}", field=bad)


def measured_by(told: Mapping[str, object]) -> Measured:
    """What a child measured.

    :raise MediaFailed: nothing.
    """
    try:
        return Measured.from_json(told.get("measured"))
    except ValueError:
        raise MediaFailed() from None


def _refused(found: Refusal) -> PictdError:
    """:ivar limit: of sizes in bytes (contract A20)."""
    kind = _REFUSALS[found.reason]
    if found.limit is None:
        return kind()
    return kind(limit=found.limit, actual=found.actual)
