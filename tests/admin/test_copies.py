"""``pictd export`` and ``pictd import``."""

from __future__ import annotations

from pathlib import Path

from pictd.admin.copies import NotEmbedded, export_database, import_database
from pictd.config.backends import PostgresRepo, SqliteRepo
from pictd.config.schema import Config
from pictd.errors import RepoUnavailable
from tests.admin.admin_case import CLOCK, AdminTestCase
from tests.repo.test_sqlite_export import dump

POSTGRES = Config(repo=PostgresRepo(url="postgres://h/d"))


class CopiesTests(AdminTestCase):
    """Of a database in use."""

    def config(self) -> Config:
        """With the paths of this test."""
        return Config(repo=SqliteRepo(self.path, export_path=self.root / "exports"))

    async def exported(self, to: Path | None = None) -> Path:
        """A copy."""
        return await export_database(self.config(), to, CLOCK)

    async def imported(self, source: Path, replace: bool = True) -> None:
        """A copy in the place of the database, which is closed first."""
        await self.repo.close()
        await import_database(self.config(), source, replace, CLOCK, self.said.append)

    async def test_where_copies_go(self) -> None:
        """Each into a folder of its own, named by the moment, where the configuration says, or
        who asks."""
        await self.uploaded(1)
        first, second = await self.exported(), await self.exported(self.root / "elsewhere")
        self.assertEqual(dump(first), dump(self.path))
        self.assertEqual(dump(second), dump(self.path))
        self.assertRegex(str(first), r"/exports/\d{4}-\d\d-\d\dT[\d:.]+Z/pictd\.sqlite3$")
        self.assertIn("/elsewhere/", str(second))

    async def test_there_and_back(self) -> None:
        """What was before is back; what was in between is kept."""
        await self.uploaded(1)
        copy = await self.exported()
        await self.uploaded(2)
        await self.repo.close()
        between = dump(self.path)
        await self.imported(copy)
        self.assertEqual(dump(self.path), dump(copy))
        kept = Path(self.said[0].rsplit(" ", 1)[1])
        self.assertEqual(dump(kept), between)
        self.assertEqual(kept.parent, self.path.parent)
        self.assertEqual(len(self.said), 2)

    async def test_a_link(self) -> None:
        """Stays one: what it leads to is replaced, and kept there."""
        await self.uploaded(1)
        copy = await self.exported()
        await self.repo.close()
        folder = self.root / "volume"
        folder.mkdir()
        self.path.rename(folder / self.path.name)
        self.path.symlink_to(folder / self.path.name)
        await self.imported(copy)
        self.assertTrue(self.path.is_symlink())
        self.assertEqual(dump(folder / self.path.name), dump(copy))
        self.assertIn(str(folder), self.said[0])

    async def test_nothing_is_replaced_unasked(self) -> None:
        """The database stays, and nothing is said to be done."""
        copy = await self.exported()
        before = dump(self.path)
        with self.assertRaises(RepoUnavailable) as caught:
            await self.imported(copy, replace=False)
        self.assertIn("--replace", str(caught.exception))
        self.assertEqual((dump(self.path), self.said), (before, []))

    async def test_a_first_database(self) -> None:
        """Nothing is kept, for nothing was there."""
        copy = await self.exported()
        await self.repo.close()
        self.path.unlink()
        await self.imported(copy, replace=False)
        self.assertEqual(len(self.said), 1)
        await self.repo.open()

    async def test_postgres(self) -> None:
        """Has tools of its own, which are named."""
        for attempt in (
            export_database(POSTGRES, None, CLOCK),
            import_database(POSTGRES, self.path, True, CLOCK),
        ):
            with self.assertRaises(NotEmbedded) as caught:
                await attempt
            self.assertIn("pg_dump", str(caught.exception))
