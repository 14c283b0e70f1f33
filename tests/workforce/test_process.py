"""How a worker is started."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.workforce.process import worker_program


class ProgramTests(SynchronousTestCase):
    """``worker_program``."""

    def test_environment(self) -> None:
        """It is the supervisor's, but for what is of the configuration."""
        for name in ("PICTD__SERVER__API_KEY", "PICTRS__REPO__URL", "pictrs_API_KEY", "OTHER"):
            os.environ[name] = "secret"
            self.addCleanup(os.environ.pop, name)
        program = worker_program(1, 9)
        inherited = [name for name, value in program.environment.items() if value == "secret"]
        self.assertEqual(inherited, ["OTHER"])
        self.assertNotIn("secret", program.argv)

    def test_folder(self) -> None:
        """Paths in the configuration mean the same to both."""
        self.assertEqual(worker_program(1, 9).folder, str(Path.cwd()))
