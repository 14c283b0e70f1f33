"""Results of queued uploads in their stored form."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from pictd.model.alias import Alias, DeleteToken
from pictd.model.uploads import Uploaded, UploadFailed, result_from_json, result_to_json

SUCCESS = {"Success": {"alias": "cat.png", "token": "secret"}}
FAILURE = {"Failure": {"message": "Too wide", "code": "validate-width"}}


class ResultTests(SynchronousTestCase):
    """``result_to_json`` and ``result_from_json``."""

    def test_success(self) -> None:
        """Alias and token as text (spec storage §1.10)."""
        result = Uploaded(Alias("cat", ".png"), DeleteToken("secret"))
        self.assertEqual(result_to_json(result), SUCCESS)
        self.assertEqual(result_from_json(SUCCESS), result)

    def test_failure(self) -> None:
        """Message and code."""
        result = UploadFailed("Too wide", "validate-width")
        self.assertEqual(result_to_json(result), FAILURE)
        self.assertEqual(result_from_json(FAILURE), result)

    def test_spellings_of_a_uuid(self) -> None:
        """Stored by another program, they name the same alias."""
        alias = "C61422E192944F1F977FC696B7939467"
        result = result_from_json({"Success": {"alias": f"{alias}.png", "token": alias}})
        assert isinstance(result, Uploaded)
        self.assertEqual(str(result.alias), "c61422e1-9294-4f1f-977f-c696b7939467.png")
        self.assertEqual(result.token.text, "c61422e1-9294-4f1f-977f-c696b7939467")

    def test_other_forms(self) -> None:
        """They are refused."""
        for text in ("null", "[]", '{"Success":{}}', '{"Failure":{"message":1,"code":"a"}}'):
            with self.assertRaises(ValueError):
                result_from_json(json.loads(text))

    def test_the_token_stays_out_of_logs(self) -> None:
        """It is a secret."""
        self.assertNotIn("secret", repr(result_from_json(SUCCESS)))
