"""The errors of stream."""

from services.stream.base.errors import UnknownCameraError, WidthNotOfferedError


def test_an_unknown_camera_may_still_come_or_not() -> None:
    """The endpoints answer 503 for the one, 404 for the other."""
    assert "Try again" in str(UnknownCameraError("cam9", is_final=False))
    assert "cam9" in str(UnknownCameraError("cam9", is_final=True))


def test_a_refused_width_names_those_that_are_offered() -> None:
    assert str(WidthNotOfferedError(33, (16, 32))).endswith("one of those offered: 16, 32.")
    assert str(WidthNotOfferedError(33, ())).endswith("one of those offered: none.")
