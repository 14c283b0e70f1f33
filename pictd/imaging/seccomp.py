"""A system call filter for code that may have been taken over by the picture it decodes.

What is not on the list fails with EPERM: sockets, new processes and programs, signals to others,
tracing, mounts, ownership, modes and times of files, everything the kernel will get in future.
Threads are allowed. A process that is to become a program may do so, and the filter stays. Numbers
are from the kernel's headers (x86: unistd_64.h, arm: generic).
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterable
from functools import lru_cache

from pictd.imaging import kernel

_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_ERRNO = 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16

_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = {"x86_64": 0, "aarch64": 1}

# Allowed whatever the arguments: (x86_64, aarch64); None where the machine has no such call.
_FREE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "write": (1, 64),
    "writev": (20, 66),
    "pwrite64": (18, 68),
    "pwritev": (296, 70),
    "close": (3, 57),
    "close_range": (436, 436),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "stat": (4, None),
    "lstat": (6, None),
    "statx": (332, 291),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "lseek": (8, 62),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "getdents64": (217, 61),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "fadvise64": (221, 223),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "flock": (73, 32),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "sendfile": (40, 71),
    "copy_file_range": (326, 285),
    "umask": (95, 166),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "msync": (26, 227),
    "mincore": (27, 232),
    "brk": (12, 214),
    "membarrier": (324, 283),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "get_robust_list": (274, 100),
    "set_tid_address": (218, 96),
    "rseq": (334, 293),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "getcpu": (309, 168),
    "get_mempolicy": (239, 236),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getpgrp": (111, None),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "getpriority": (140, 141),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "arch_prctl": (158, None),
}

# Allowed to what is to become a program.
_EXECVE = (59, 221)

# Allowed with some arguments only; see ``_guarded``.
_OPEN, _OPENAT = (2, None), (257, 56)
_FCNTL, _IOCTL, _PRCTL = (72, 25), (16, 29), (157, 167)
_TGKILL, _CLONE, _CLONE3, _PRLIMIT = (234, 131), (56, 220), (435, 435), (302, 261)

_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
_CLONE_THREAD = 0x10000
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 36, 37, 38)  # no F_SETOWN: it sends signals
_IOCTLS = (0x5401, 0x5450, 0x5451, 0x541B, 0x5413)  # isatty, close-on-exec, FIONREAD, window
_PRCTLS = (15, 0x53564D41)  # names of threads, and of malloc's mappings

_Block = list[bytes]


def prepare() -> None:
    """Do now what need not be done again in each process that is forked from this one."""
    if kernel.MACHINE in _ARCHES:
        _beginning(kernel.MACHINE)


def supported() -> bool:
    """Whether this kernel and machine can filter."""
    try:
        kernel.prctl(kernel.PR_SET_SECCOMP, 2, None)
    except OSError as error:
        return error.errno == errno.EFAULT and kernel.MACHINE in _ARCHES
    return False


def install(own: int, becoming: bool = False) -> None:
    """Filter this thread and the threads it makes, for ever. Needs no_new_privs.

    :param own: the process's id, the only one it may send signals to (``abort`` does).
    :param becoming: whether it may become a program; which one is for Landlock to say.
    :raise OSError: the kernel refused.
    """
    code = b"".join(program(own, kernel.MACHINE, becoming))
    text = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    kernel.prctl(kernel.PR_SET_SECCOMP, 2, ctypes.create_string_buffer(header, len(header)))


def program(own: int, machine: str, becoming: bool = False) -> _Block:
    """The filter's instructions.

    :raise KeyError: nothing is known of the machine.
    """
    result = list(_beginning(machine))
    if becoming:
        result += _if_equal(_EXECVE[_COLUMN[machine]], _allow())
    for numbers, block in _guarded(own):
        result += _if_equal(numbers[_COLUMN[machine]], block)
    return [*result, _refuse()]


@lru_cache
def _beginning(machine: str) -> tuple[bytes, ...]:
    """What is the same for all processes, which is nearly all of it."""
    result = [_step(_LOAD, _ARCH_AT), *_unless_equal(_ARCHES[machine], [_step(_RETURN, _KILL)])]
    result.append(_step(_LOAD, _NUMBER_AT))
    for numbers in _FREE.values():
        result += _if_equal(numbers[_COLUMN[machine]], _allow())
    return tuple(result)


def _guarded(own: int) -> Iterable[tuple[tuple[int | None, int | None], _Block]]:
    """Calls that depend on their arguments; each block ends in a verdict."""
    yield _OPEN, _opening(1)
    yield _OPENAT, _opening(2)
    yield _FCNTL, _one_of(1, _FCNTLS)
    yield _IOCTL, _one_of(1, _IOCTLS)
    yield _PRCTL, _one_of(0, _PRCTLS)
    yield _TGKILL, _one_of(0, (own,))
    yield _CLONE, [_argument(0), *_if_any_bit(_CLONE_THREAD, _allow()), _refuse()]
    # Its flags lie in memory, where a filter can't look; libc then falls back to clone.
    yield _CLONE3, [_refuse(errno.ENOSYS)]
    yield _PRLIMIT, _reading_limits()


def _opening(flags: int) -> _Block:
    """Truncating while opening for reading: Landlock before ABI 3 lets that pass."""
    only = [_argument(flags), _step(_AND, _O_ACCMODE | _O_TRUNC)]
    return [*only, *_if_equal(_O_TRUNC, [_refuse()]), *_allow()]


def _reading_limits() -> _Block:
    """Root could raise its limits again; a null pointer for the new limits only asks."""
    halves = [_argument(2), *_unless_equal(0, [_refuse()]), _argument(2, high=True)]
    return [*halves, *_unless_equal(0, [_refuse()]), *_allow()]


def _one_of(argument: int, values: Iterable[int]) -> _Block:
    result = [_argument(argument)]
    for value in values:
        result += _if_equal(value, _allow())
    return [*result, _refuse()]


def _argument(index: int, high: bool = False) -> bytes:
    return _step(_LOAD, _ARGUMENTS_AT + 8 * index + 4 * high)


def _if_equal(value: int | None, block: _Block) -> _Block:
    return [] if value is None else [_step(_JUMP_EQUAL, value, 0, len(block)), *block]


def _unless_equal(value: int, block: _Block) -> _Block:
    return [_step(_JUMP_EQUAL, value, len(block), 0), *block]


def _if_any_bit(bits: int, block: _Block) -> _Block:
    return [_step(_JUMP_ANY_BIT, bits, 0, len(block)), *block]


def _allow() -> _Block:
    return [_step(_RETURN, _ALLOW)]


def _refuse(number: int = errno.EPERM) -> bytes:
    return _step(_RETURN, _ERRNO | number)


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction (struct sock_filter)."""
    return struct.pack("=HBBI", code, if_true, if_false, operand)
