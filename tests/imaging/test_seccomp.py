"""The system call filter, run on paper: also for the machine that the tests don't run on.

Its effect on real children is seen in ``tests.tools.test_sandbox``.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging import seccomp

ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
X86, ARM = 0xC000003E, 0xC00000B7
OWN = 4711


def verdict(machine: str, arch: int, number: int, *arguments: int) -> int:
    """What the kernel would do (classic BPF, linux/filter.h)."""
    told = struct.pack("=IIQ6Q", number, arch, 0, *_six(arguments))
    code = seccomp.program(OWN, machine)
    at, accumulator = 0, 0
    while True:
        step, if_true, if_false, operand = struct.unpack("=HBBI", code[at])
        at += 1
        if step == 0x06:
            return int(operand)
        if step == 0x20:
            accumulator = struct.unpack_from("=I", told, operand)[0]
        elif step == 0x54:
            accumulator &= operand
        else:
            holds = accumulator == operand if step == 0x15 else bool(accumulator & operand)
            at += if_true if holds else if_false


def _six(arguments: Sequence[int]) -> list[int]:
    return [*arguments, 0, 0, 0, 0, 0, 0][:6]


class FilterTests(SynchronousTestCase):
    """By machine and by call; numbers from unistd.h."""

    def x86(self, number: int, *arguments: int) -> int:
        """The verdict on x86_64."""
        return verdict("x86_64", X86, number, *arguments)

    def arm(self, number: int, *arguments: int) -> int:
        """The verdict on aarch64."""
        return verdict("aarch64", ARM, number, *arguments)

    def test_reading_and_memory(self) -> None:
        """read, mmap and exit_group are free."""
        self.assertEqual([self.x86(each) for each in (0, 9, 231)], [ALLOW] * 3)
        self.assertEqual([self.arm(each) for each in (63, 222, 94)], [ALLOW] * 3)

    def test_the_dangerous(self) -> None:
        """socket, connect, bind, execve, ptrace, kill, mount, unshare, setns, bpf, keyctl,
        io_uring_setup, process_vm_writev, chmod, symlink, and what is not invented yet."""
        refused = REFUSE | errno.EPERM
        x86 = [41, 42, 49, 59, 101, 62, 165, 272, 308, 321, 250, 425, 311, 90, 88, 999]
        self.assertEqual([self.x86(each) for each in x86], [refused] * len(x86))
        arm = [198, 203, 200, 221, 117, 129, 40, 97, 268, 280, 219, 425, 271, 53, 36, 999]
        self.assertEqual([self.arm(each) for each in arm], [refused] * len(arm))

    def test_other_machines(self) -> None:
        """Calls by another convention (32 bit) end the process, whatever their number says; those
        of x32 are refused."""
        self.assertEqual(verdict("x86_64", 0x40000003, 0), KILL)
        self.assertEqual(verdict("aarch64", 0x40000028, 63), KILL)
        self.assertEqual(self.x86(0x40000000), REFUSE | errno.EPERM)

    def test_threads_only(self) -> None:
        """clone makes threads, and nothing else; clone3 is not there."""
        self.assertEqual((self.x86(56, 0x3D0F00), self.arm(220, 0x3D0F00)), (ALLOW, ALLOW))
        self.assertEqual(self.x86(56, 0x1200011), REFUSE | errno.EPERM)
        self.assertEqual(self.x86(435), REFUSE | errno.ENOSYS)

    def test_signals(self) -> None:
        """Only to itself."""
        self.assertEqual((self.x86(234, OWN), self.arm(131, OWN)), (ALLOW, ALLOW))
        self.assertEqual(self.x86(234, OWN + 1), REFUSE | errno.EPERM)

    def test_opening(self) -> None:
        """Reading and writing, but no truncation through an open for reading."""
        flags = (0, 0o1 | 0o100 | 0o1000, 0o2 | 0o1000)
        self.assertEqual([self.x86(257, 0, 0, each) for each in flags], [ALLOW] * 3)
        self.assertEqual(self.x86(257, 0, 0, 0o1000), REFUSE | errno.EPERM)
        self.assertEqual(self.x86(2, 0, 0o1000), REFUSE | errno.EPERM)
        self.assertEqual(self.arm(56, 0, 0, 0o1000), REFUSE | errno.EPERM)

    def test_limits(self) -> None:
        """prlimit asks, and sets nothing; a pointer may differ in its high half only."""
        self.assertEqual(self.x86(302, 0, 9, 0, 0x7FFF00000000), ALLOW)
        for pointer in (1, 1 << 32):
            self.assertEqual(self.x86(302, 0, 9, pointer), REFUSE | errno.EPERM)

    def test_programs(self) -> None:
        """No execve."""
        self.assertEqual(self.x86(59), REFUSE | errno.EPERM)
