"""What was found wrong in a database of pict-rs, for people."""

from __future__ import annotations

from collections.abc import Iterator

from pictd.sled.damage import Report

_NAMED = 20
"""Findings that are named; beyond them they are only counted."""


def told(report: Report) -> Iterator[str]:
    """A line for each kind with its count, then for each of the first that may cost data."""
    for finding, count in report.counts.items():
        yield f"{count} x {finding.value}{' (harmless)' if finding.harmless else ''}"
    yield from (str(each) for each in report.damages[:_NAMED])
