"""The memory repo keeps the repo's promises."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from pictd.interfaces.repos import IRepo
from pictd.repo.memory import MemoryRepo
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


class MemoryMixin(repo.RepoContract):
    """Dicts of the test's own."""

    async def new_repo(self) -> IRepo:
        """See ``RepoContract``."""
        return MemoryRepo()


class WholeTests(MemoryMixin, repo.WholeRepoContract, TestCase):
    """``IRepo``, ``IDetails``, ``ISettings``."""


class AliasesTests(MemoryMixin, repo_aliases.AliasesContract, TestCase):
    """``IAliases``."""


class HashesTests(MemoryMixin, repo_hashes.HashesContract, TestCase):
    """``IHashes``."""


class PagesTests(MemoryMixin, repo_hashes.PagesContract, TestCase):
    """``IHashes``: the listing."""


class ProxiesTests(MemoryMixin, repo_proxies.ProxiesContract, TestCase):
    """``IProxies``."""


class VariantsTests(MemoryMixin, repo_variants.VariantsContract, TestCase):
    """``IVariants``."""


class JobsTests(MemoryMixin, repo_jobs.JobsContract, TestCase):
    """``IJobs``."""


class UploadsTests(MemoryMixin, repo_uploads.UploadsContract, TestCase):
    """``IUploads``."""


class UploadEndsTests(MemoryMixin, repo_uploads.UploadEndsContract, TestCase):
    """``IUploads``: waiting, claiming, expiring."""


class ClaimsTests(MemoryMixin, repo_claims.ClaimsContract, TestCase):
    """``IClaims``."""


class CarriedOriginalsTests(MemoryMixin, repo_records.OriginalsContract, TestCase):
    """``IRecords``: originals."""


class CarriedConflictsTests(MemoryMixin, repo_records.ConflictsContract, TestCase):
    """``IRecords``: what is there already."""


class CarriedOthersTests(MemoryMixin, repo_records.OthersContract, TestCase):
    """``IRecords``: uploads, jobs, settings, counts."""
