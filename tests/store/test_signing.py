"""Signatures, against the examples that AWS publishes for S3."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from pictd.store.objects.signing import EMPTY, Credentials, Unsigned, sign

HOST = {"host": "examplebucket.s3.amazonaws.com"}
SECONDS = 1369353600.0
"""2013-05-24, midnight."""
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")


def signature(
    method: str,
    path: str,
    query: str = "",
    headers: Mapping[str, str] = {},
    digest: str = EMPTY,
) -> str:
    """What the authorization ends with."""
    signed = sign(Unsigned(method, path, query, {**HOST, **headers}, digest), KEYS, SECONDS)
    return signed["authorization"].rpartition("Signature=")[2]


class SigningTests(SynchronousTestCase):
    """The four examples of "Authenticating Requests: Using the Authorization Header"."""

    def test_get_object(self) -> None:
        """With a range."""
        self.assertEqual(
            signature("GET", "/test.txt", headers={"range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        )

    def test_put_object(self) -> None:
        """With a body, more headers, and a path that is percent-encoded."""
        self.assertEqual(
            signature(
                "PUT",
                "/test%24file.text",
                headers={
                    "date": "Fri, 24 May 2013 00:00:00 GMT",
                    "x-amz-storage-class": "REDUCED_REDUNDANCY",
                },
                digest=hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        )

    def test_get_a_subresource(self) -> None:
        """A parameter without a value."""
        self.assertEqual(
            signature("GET", "/", "lifecycle="),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        )

    def test_list_objects(self) -> None:
        """Parameters with values."""
        self.assertEqual(
            signature("GET", "/", "max-keys=2&prefix=J"),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        )

    def test_a_session_token(self) -> None:
        """It is sent, and signed."""
        keys = Credentials("id", "secret", "r", "token")
        signed = sign(Unsigned("GET", "/", "", HOST), keys, SECONDS)
        self.assertEqual(signed["x-amz-security-token"], "token")
        self.assertIn("x-amz-security-token", signed["authorization"])

    def test_secrets_are_not_shown(self) -> None:
        """Wherever credentials come to be printed."""
        shown = repr(Credentials("id", "hush", "r", "quiet"))
        self.assertNotIn("hush", shown)
        self.assertNotIn("quiet", shown)
