"""The application as a whole."""

import json

from tests.support.replica import Replica


def test_health_answers_whatever_the_cameras_do(lonely_replica: Replica) -> None:
    """A dead camera degrades a replica, it never takes it out of service."""
    assert lonely_replica.json("/healthz") == (200, {"status": "ok"})
    status, body = lonely_replica.json("/readyz")
    assert (status, body["status"]) == (200, "degraded")
    assert lonely_replica.request("/docs")[0] == 200


def test_the_description_of_the_api_is_whole(replica: Replica) -> None:
    """No two operations share a name: programs are generated from it."""
    status, _, body = replica.request("/openapi.json")
    assert status == 200
    operations = [each["operationId"] for path in json.loads(body)["paths"].values() for each in path.values()]
    assert len(operations) == len(set(operations)) > 10
