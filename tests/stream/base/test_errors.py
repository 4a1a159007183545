"""The errors of stream."""

import importlib
import pkgutil

import services.stream
from services.stream.base.errors import UnknownCameraError, WidthNotOfferedError
from shared.errors import FramecastError


def test_every_error_is_named_so_and_derives_from_ours() -> None:
    """A catcher of FramecastError gets them all."""
    found = set()
    for module in pkgutil.walk_packages(services.stream.__path__, "services.stream."):
        if not module.name.endswith("__main__"):
            members = vars(importlib.import_module(module.name)).values()
            found |= {one for one in members if isinstance(one, type) and issubclass(one, Exception)}
    ours = {error for error in found if error.__module__.startswith("services.stream")}
    assert len(ours) >= 4
    assert all(issubclass(error, FramecastError) and error.__name__.endswith("Error") for error in ours)


def test_an_unknown_camera_may_still_come_or_not() -> None:
    """The endpoints answer 503 for the one, 404 for the other."""
    assert "Try again" in str(UnknownCameraError("cam9", is_final=False))
    assert "cam9" in str(UnknownCameraError("cam9", is_final=True))


def test_a_refused_width_names_those_that_are_offered() -> None:
    assert str(WidthNotOfferedError(33, (16, 32))).endswith("one of those offered: 16, 32.")
    assert str(WidthNotOfferedError(33, ())).endswith("one of those offered: none.")
