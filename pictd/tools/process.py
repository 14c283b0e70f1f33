"""One operating system process as a child of the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import cast

import attrs
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

_PIPES = {0: "w", 1: "r", 2: "r"}
_MOST_LINES = 100
_MOST_LINE = 500


@attrs.frozen
class Program:
    """What to start.

    :ivar name: for people.
    :ivar argv: the first is the path of the program.
    :ivar environment: all of it; nothing is inherited.
    :ivar folder: that it is started in.
    :ivar descriptors: those that it gets beside the standard ones: its number, our number.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: str = "/"
    descriptors: Mapping[int, int] = attrs.field(factory=dict)


class ChildProcess(ProcessProtocol):
    """A running program: its output goes to ``received``, what it complains of to the log.

    The log takes a bounded number of lines from each process, and the start of each line.

    :param received: called with each piece of standard output.
    :param ended: called once, with the cause in words, when the process is reaped and its pipes
        are closed.
    :ivar status: with which it ended by itself; None: it runs, or a signal ended it.
    """

    _log = Logger()

    def __init__(
        self, program: Program, received: Callable[[bytes], None], ended: Callable[[str], None]
    ) -> None:
        self._program = program
        self._received = received
        self._ended = ended
        self.status: int | None = None
        self._line = b""
        self._lines = 0

    def start(self, reactor: IReactorProcess) -> None:
        """Start the program.

        :raise OSError: there can be no more processes or open files.
        """
        program = self._program
        argv, environment = list(program.argv), dict(program.environment)
        files: dict[int, str | int] = {**_PIPES, **program.descriptors}
        reactor.spawnProcess(self, argv[0], argv, environment, program.folder, childFDs=files)

    @property
    def pid(self) -> int | None:
        """Of the process; None once it has ended."""
        return cast(int | None, self._process.pid)

    def write(self, data: bytes) -> None:
        """To its standard input; lost if it has ended, which ``ended`` tells."""
        with suppress(KeyError):
            self._process.writeToChild(0, data)

    def finish(self) -> None:
        """Close its standard input, which asks it to end."""
        self._process.closeStdin()

    def kill(self) -> None:
        """End it now; ``ended`` follows. Idempotent."""
        with suppress(ProcessExitedAlready):
            self._process.signalProcess("KILL")

    @property
    def _process(self) -> IProcessTransport:
        return cast(IProcessTransport, self.transport)

    def outReceived(self, data: bytes) -> None:
        """Standard output."""
        self._received(data)

    def errReceived(self, data: bytes) -> None:
        """Standard error, by lines."""
        *lines, rest = (self._line + data).split(b"\n")
        self._line = rest[:_MOST_LINE]
        for line in lines:
            self._complain(line)

    def processEnded(self, reason: Failure) -> None:
        """Reaped."""
        self.status = getattr(reason.value, "exitCode", None)
        if self._line:
            self._complain(self._line)
        self._ended(str(reason.value))

    def _complain(self, line: bytes) -> None:
        self._lines += 1
        if self._lines <= _MOST_LINES:
            text = line[:_MOST_LINE].decode(errors="backslashreplace")
            self._log.warn("{name}: {line}", name=self._program.name, line=text)
        elif self._lines == _MOST_LINES + 1:
            self._log.warn("{name} says more, which is left out", name=self._program.name)
