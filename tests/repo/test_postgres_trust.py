"""Reaching a server by name, with TLS."""

from __future__ import annotations

from pathlib import Path

from psycopg2 import Error, OperationalError
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.repo.postgres.database import PostgresRepo
from pictd.repo.postgres.failures import told
from pictd.repo.postgres.link import Server, check_url
from pictd.repo.postgres.trust import PLAIN, encryption
from tests.support.certificates import Issued, issued
from tests.support.postgres import Cluster
from tests.support.process import free_port


class UrlTests(TestCase):
    """What libpq makes of a URL."""

    def test_urls(self) -> None:
        """An unknown parameter is told by name; what is usual is understood."""
        check_url("postgres://user:p%40ss@[::1]:5432/database?connect_timeout=5")
        error = self.assertRaises(ValueError, check_url, "postgres://host/d?unheard_of=1")
        self.assertIn("unheard_of", str(error))


class EncryptionTests(TestCase):
    """What libpq is told."""

    def written(self, content: bytes) -> Path:
        """A file with it."""
        path = Path(self.mktemp())
        path.write_bytes(content)
        return path

    def test_trusts_the_machine_and_one_more(self) -> None:
        """In one file, which nobody can change."""
        authority = issued("an authority").certificate
        told = encryption(self.written(authority))
        self.assertEqual(told["sslmode"], "verify-full")
        bundle = Path(told["sslrootcert"]).read_bytes()
        self.assertTrue(bundle.endswith(authority))
        self.assertTrue(bundle.startswith(Path(encryption(None)["sslrootcert"]).read_bytes()))

    def test_files_that_are_of_no_use(self) -> None:
        """Not there, or none of certificates."""
        for content in (b"", b"no certificate", b"\xff\x00", issued("a").private_key):
            with self.assertRaises(ValueError):
                encryption(self.written(content))
        with self.assertRaises(OSError):
            encryption(Path(self.mktemp()))


class TlsTests(TestCase):
    """A server that speaks TLS, under the name ``localhost``."""

    def setUp(self) -> None:
        """It runs, with a certificate of an authority of its own."""
        self.port = free_port()
        self.cluster = Cluster(self.port)
        self.addCleanup(self.cluster.remove)
        self.authority = issued("authority")
        self.cluster.encrypt(issued("localhost", by=self.authority))
        self.database = self.cluster.create()

    def server(self, host: str, authority: Issued | None) -> Server:
        """As it is configured.

        :param authority: whom to trust; None: no TLS is asked for.
        """
        url = f"postgres://tests@{host}:{self.port}/{self.database}"
        if authority is None:
            return Server(reactor, url, PLAIN)
        path = Path(self.mktemp())
        path.write_bytes(authority.certificate)
        return Server(reactor, url, encryption(path))

    async def encrypted(self, server: Server) -> object:
        """Whether the connection that is made is."""
        link = await server.connect()
        try:
            sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            ((answer,),) = await link.runQuery(sql)
            return answer
        finally:
            link.close()

    async def refused(self, server: Server) -> str:
        """Why no connection is made."""
        try:
            await server.connect()
        except OperationalError as error:
            return told(error)
        return "it was made"

    async def test_a_server_that_is_trusted(self) -> None:
        """Is reached by its name, at whichever of the name's addresses it listens."""
        self.assertIs(await self.encrypted(self.server("localhost", self.authority)), True)

    async def test_no_tls(self) -> None:
        """Nothing is encrypted where it is not asked for."""
        self.assertIs(await self.encrypted(self.server("localhost", None)), False)

    async def test_a_server_of_another_authority(self) -> None:
        """Is not talked to."""
        told = await self.refused(self.server("localhost", issued("another")))
        self.assertIn("certificate verify failed", told)

    async def test_a_server_under_another_name(self) -> None:
        """Is not talked to, either."""
        told = await self.refused(self.server("127.0.0.1", self.authority))
        self.assertIn("does not match host name", told)

    async def test_a_name_that_nobody_has(self) -> None:
        """The error names it."""
        server = Server(reactor, "postgres://tests@nobody.invalid/d")
        try:
            await server.connect()
            self.fail("it was found")
        except Error as error:
            self.assertIn("nobody.invalid", str(error))

    async def test_a_repo_by_name(self) -> None:
        """Works as any other."""
        repo = PostgresRepo(self.server("localhost", self.authority))
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        await repo.open()
        await repo.check()
