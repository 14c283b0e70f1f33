"""A database on a PostgreSQL server keeps the repo's promises."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from pictd.interfaces.repos import IRepo
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
from tests.repo.databases import new_database, repo_on


class PostgresMixin(repo.RepoContract):
    """A database of the test's own."""

    async def new_repo(self) -> IRepo:
        """See ``RepoContract``."""
        opened = repo_on(await new_database())
        await opened.open()
        return opened


class WholeTests(PostgresMixin, repo.WholeRepoContract, TestCase):
    """``IRepo``, ``IDetails``, ``ISettings``."""


class AliasesTests(PostgresMixin, repo_aliases.AliasesContract, TestCase):
    """``IAliases``."""


class HashesTests(PostgresMixin, repo_hashes.HashesContract, TestCase):
    """``IHashes``."""


class PagesTests(PostgresMixin, repo_hashes.PagesContract, TestCase):
    """``IHashes``: the listing."""


class ProxiesTests(PostgresMixin, repo_proxies.ProxiesContract, TestCase):
    """``IProxies``."""


class VariantsTests(PostgresMixin, repo_variants.VariantsContract, TestCase):
    """``IVariants``."""


class JobsTests(PostgresMixin, repo_jobs.JobsContract, TestCase):
    """``IJobs``."""


class UploadsTests(PostgresMixin, repo_uploads.UploadsContract, TestCase):
    """``IUploads``."""


class UploadEndsTests(PostgresMixin, repo_uploads.UploadEndsContract, TestCase):
    """``IUploads``: waiting, claiming, expiring."""


class ClaimsTests(PostgresMixin, repo_claims.ClaimsContract, TestCase):
    """``IClaims``."""


class CarriedOriginalsTests(PostgresMixin, repo_records.OriginalsContract, TestCase):
    """``IRecords``: originals."""


class CarriedConflictsTests(PostgresMixin, repo_records.ConflictsContract, TestCase):
    """``IRecords``: what is there already."""


class CarriedOthersTests(PostgresMixin, repo_records.OthersContract, TestCase):
    """``IRecords``: uploads, jobs, settings, counts."""
