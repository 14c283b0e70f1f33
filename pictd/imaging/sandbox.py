"""What a child gives up before it looks at a picture (contract B12).

Limits of memory, CPU time and file size; no new privileges; Landlock: it reads its inputs and the
code it is made of, and writes in its own folder; a system call filter: no network, no programs, but
for the one that a child may be made to become.
Where the kernel lacks Landlock or seccomp, the rest still holds, and ``support`` tells.
"""

from __future__ import annotations

import os
import resource
import signal
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import attrs

import pictd
from pictd.imaging import kernel, landlock, seccomp

_OPEN_FILES = 64
_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib")
_CONFIGURATION = ("/etc/ld.so.cache", "/dev/urandom")


@attrs.frozen
class Limits:
    """Bounds of one child.

    :ivar memory: bytes of address space above what the fork server itself has.
    :ivar cpu: whole seconds of processor time.
    :ivar file_size: bytes of any one file it writes.
    """

    memory: int
    cpu: int
    file_size: int


@attrs.frozen
class Walls:
    """What stays open to a child.

    :ivar reads: files it may read.
    :ivar folder: where it may write, if anywhere.
    :ivar code: trees it is loaded from, found before the fork.
    :ivar program: what it may become.
    """

    reads: Sequence[Path]
    folder: Path | None
    code: Sequence[Path]
    program: Path | None = None

    def trees(self) -> list[tuple[Path, int]]:
        """With the rights on each."""
        use = landlock.READ | (landlock.EXECUTE if self.program else 0)
        trees = [(path, use) for path in [*self.code, *filter(None, [self.program])]]
        trees += [(path, landlock.READ_FILE) for path in self.reads]
        trees.append((Path(os.devnull), landlock.READ_FILE | landlock.WRITE_FILE))
        if self.folder is not None:
            trees.append((self.folder, landlock.READ | landlock.CHANGE))
        return trees


def support() -> dict[str, object]:
    """What this kernel offers: Landlock's ABI (0: none), and whether calls can be filtered."""
    return {"landlock": landlock.abi(), "seccomp": seccomp.supported()}


def code_trees() -> list[Path]:
    """Where Python, its packages and the libraries lie, for what is loaded late."""
    places = sysconfig.get_paths()
    python = [places[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    own = [str(Path(root)) for root in pictd.__path__]
    return [*_existing([*python, *own]), *system_trees()]


def system_trees() -> list[Path]:
    """Where the libraries of programs lie, and what loads them."""
    return _existing([*_SYSTEM, *_CONFIGURATION])


def enter(limits: Limits, walls: Walls) -> None:
    """Shut this process in, for ever.

    :raise OSError: something could not be given up; then nothing must be decoded.
    """
    set_limits(limits)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if landlock.abi():
        landlock.restrict(walls.trees())
    if seccomp.supported():
        seccomp.install(os.getpid(), walls.program is not None)


def set_limits(limits: Limits) -> None:
    """Set the resource limits; what exceeds a limit of time or file size dies by its signal."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
    _limit(resource.RLIMIT_AS, address_space() + limits.memory)
    _limit(resource.RLIMIT_FSIZE, limits.file_size)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))


def address_space() -> int:
    """Bytes that this process has mapped."""
    with Path("/proc/self/statm").open("rb", buffering=0) as told:
        pages = told.read().split()[0]
    return int(pages) * resource.getpagesize()


def _existing(paths: Sequence[str]) -> list[Path]:
    return [Path(each) for each in dict.fromkeys(paths) if Path(each).exists()]


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))
