"""The embedded database keeps the repo's promises."""

from __future__ import annotations

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.interfaces.repos import IRepo
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts import (
    repo,
    repo_aliases,
    repo_claims,
    repo_hashes,
    repo_jobs,
    repo_proxies,
    repo_records,
    repo_uploads,
    repo_variants,
)


class SqliteMixin(repo.RepoContract):
    """A database in a file of the test's own."""

    async def new_repo(self) -> IRepo:
        """See ``RepoContract``."""
        opened = SqliteRepo(Path(self.mktemp()) / "pictd.sqlite3", IReactorThreads(reactor))
        await opened.open()
        return opened


class WholeTests(SqliteMixin, repo.WholeRepoContract, TestCase):
    """``IRepo``, ``IDetails``, ``ISettings``."""


class AliasesTests(SqliteMixin, repo_aliases.AliasesContract, TestCase):
    """``IAliases``."""


class HashesTests(SqliteMixin, repo_hashes.HashesContract, TestCase):
    """``IHashes``."""


class PagesTests(SqliteMixin, repo_hashes.PagesContract, TestCase):
    """``IHashes``: the listing."""


class ProxiesTests(SqliteMixin, repo_proxies.ProxiesContract, TestCase):
    """``IProxies``."""


class VariantsTests(SqliteMixin, repo_variants.VariantsContract, TestCase):
    """``IVariants``."""


class JobsTests(SqliteMixin, repo_jobs.JobsContract, TestCase):
    """``IJobs``."""


class UploadsTests(SqliteMixin, repo_uploads.UploadsContract, TestCase):
    """``IUploads``."""


class UploadEndsTests(SqliteMixin, repo_uploads.UploadEndsContract, TestCase):
    """``IUploads``: waiting, claiming, expiring."""


class ClaimsTests(SqliteMixin, repo_claims.ClaimsContract, TestCase):
    """``IClaims``."""


class CarriedOriginalsTests(SqliteMixin, repo_records.OriginalsContract, TestCase):
    """``IRecords``: originals."""


class CarriedConflictsTests(SqliteMixin, repo_records.ConflictsContract, TestCase):
    """``IRecords``: what is there already."""


class CarriedOthersTests(SqliteMixin, repo_records.OthersContract, TestCase):
    """``IRecords``: uploads, jobs, settings, counts."""
