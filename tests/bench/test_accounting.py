"""What a process and its descendants cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from twisted.trial.unittest import SynchronousTestCase

from bench.accounting import cpu_seconds, memory_bytes, tree

BURN = "import time\nwhile time.process_time() < 0.3: pass"


class CpuTests(SynchronousTestCase):
    """The time of all who belong to it."""

    def test_children_that_have_ended_count(self) -> None:
        """A child's time is its parent's, once the parent has waited for it."""
        before = cpu_seconds(os.getpid())
        subprocess.run([sys.executable, "-c", BURN], check=True)
        self.assertGreater(cpu_seconds(os.getpid()) - before, 0.25)

    def test_own_time_counts(self) -> None:
        """What the process does itself."""
        before = cpu_seconds(os.getpid())
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        self.assertGreater(cpu_seconds(os.getpid()) - before, 0.15)


class TreeTests(SynchronousTestCase):
    """Who belongs to it."""

    def child(self) -> subprocess.Popen[bytes]:
        """One that waits for its input to end."""
        wait = (sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()")
        child = subprocess.Popen(wait, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(child.communicate)
        assert child.stdout is not None
        child.stdout.readline()
        return child

    def test_children_belong(self) -> None:
        """A child that lives is in the tree, and its memory in the sum."""
        child = self.child()
        self.assertIn(child.pid, tree(os.getpid()))
        alone = memory_bytes(child.pid)
        self.assertGreater(alone, 1_000_000)
        self.assertGreater(memory_bytes(os.getpid()), alone)

    def test_one_that_is_gone_costs_nothing(self) -> None:
        """A process that ended in the meantime is passed over."""
        child = self.child()
        child.communicate()
        self.assertEqual((memory_bytes(child.pid), cpu_seconds(child.pid)), (0, 0.0))
