"""Calls into the Linux kernel that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import platform

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

MACHINE = platform.machine()


def syscall(number: int, *arguments: object) -> int:
    """:raise OSError: the kernel refused."""
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments))


def prctl(option: int, *arguments: object) -> int:
    """:raise OSError: the kernel refused."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    longs = (ctypes.c_ulong(each) if isinstance(each, int) else each for each in padded)
    return _checked(_libc.prctl(ctypes.c_int(option), *longs))


def die_with_parent(signal: int, parent: int) -> None:
    """Get ``signal`` when the parent ends.

    :param parent: its process id, as it was before the fork.
    :raise ProcessLookupError: it has ended already.
    """
    prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:
        raise ProcessLookupError("the parent process has ended")


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
