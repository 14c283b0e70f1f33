"""Which events are let through (spec configuration 3.5)."""

from __future__ import annotations

from typing import Any

from twisted.logger import ILogFilterPredicate, LogEvent, LogLevel, PredicateResult
from zope.interface import implementer

from pictd.config.targets import Level, Targets

_LEAST = {
    Level.ERROR: LogLevel.error,
    Level.WARN: LogLevel.warn,
    Level.INFO: LogLevel.info,
    Level.DEBUG: LogLevel.debug,
    Level.TRACE: LogLevel.debug,
}
_OTHER_NAMES = {"pict_rs": "pictd"}
"""What a filter that was written for pict-rs calls the same."""


@implementer(ILogFilterPredicate)
class Heeding:
    """Lets an event through if its level is one that the filter lets through for its namespace;
    the longest name in the filter that the namespace begins with counts."""

    def __init__(self, targets: Targets) -> None:
        self._levels = {_namespace(target): level for target, level in targets.levels if target}
        self._default = targets.default

    def __call__(self, event: LogEvent) -> Any:
        """For Twisted."""
        level = event.get("log_level") or LogLevel.info
        if self.heeds(event.get("log_namespace") or "", level):
            return PredicateResult.maybe
        return PredicateResult.no

    def heeds(self, namespace: str, level: Any) -> bool:
        """Whether such an event is let through."""
        least = _LEAST.get(self._level(namespace))
        return least is not None and level >= least

    def _level(self, namespace: str) -> Level:
        while namespace:
            if namespace in self._levels:
                return self._levels[namespace]
            namespace = namespace.rpartition(".")[0]
        return self._default


def _namespace(target: str) -> str:
    name = target.replace("::", ".")
    first, dot, rest = name.partition(".")
    return _OTHER_NAMES.get(first, first) + dot + rest
