"""The login in the address and the login beside it."""

import pytest

from services.ingest.camera_address.address import LOGIN_TWICE, CameraAddress

BOTH = ("in", "word in it")


@pytest.mark.parametrize(
    ("within", "beside", "sent", "is_said"),
    [
        (BOTH, (None, None), BOTH, False),
        (BOTH, ("beside", "word"), ("beside", "word"), True),
        (BOTH, (None, "word"), ("in", "word"), True),
        (BOTH, ("beside", None), ("beside", "word in it"), True),
        (BOTH, BOTH, BOTH, False),
        (("in", ""), (None, "word"), ("in", "word"), False),
        (("", ""), ("beside", "word"), ("beside", "word"), False),
        (("in", ""), ("beside", "word"), ("beside", "word"), True),
    ],
)
def test_the_login_beside_the_address_wins_part_by_part_and_a_contradiction_is_said(
    within: tuple[str, str], beside: tuple[str | None, str | None], sent: tuple[str, str], is_said: bool
) -> None:
    """A user name in the address and the password beside it are one login."""
    address = CameraAddress("rtsp", "rtsp://camera", *within).with_login(*beside)
    assert (address.username, address.password) == sent
    assert address.notices == ((LOGIN_TWICE,) if is_said else ())
    assert "word" not in repr(address)
