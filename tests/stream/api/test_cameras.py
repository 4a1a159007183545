"""The cameras as JSON, and keys that are no camera's."""

import pytest

from tests.support.replica import Replica
from tests.support.waiting import wait_until


def test_an_unknown_camera_is_404_once_the_bus_has_told(replica: Replica) -> None:
    """The answer says where the cameras are listed."""
    wait_until(lambda: replica.json("/api/cameras/other/stream/status")[0] == 404, "the bus has told")
    for path in ("/api/camera/stream?camera=other", "/api/cameras/other/snapshot"):
        status, _, body = replica.request(path)
        assert status == 404
        assert b"/api/devices" in body


@pytest.mark.parametrize(
    "path", ["/api/camera/stream?camera=No%20Key", "/api/cameras/UPPER/snapshot", "/api/camera/snapshot?max_age=no"]
)
def test_a_bad_parameter_is_422_in_words(path: str, replica: Replica) -> None:
    """One sentence, not a list of objects."""
    status, body = replica.json(path)
    assert status == 422
    assert "is not valid" in body["detail"]
