"""Reading what was counted."""

from __future__ import annotations

from prometheus_client import CollectorRegistry


def figure(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """The sum of the samples of that name which have these labels, and perhaps others."""
    return sum(
        sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
