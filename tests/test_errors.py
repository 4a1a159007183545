"""Every error of ours has one base, and is named as one."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import services
import shared
from shared.errors import FramecastError

WITH_EFFECTS = ("services.archiver.db.migrations.env",)
"""Modules that do their work when they are imported."""


@pytest.mark.parametrize("package", [services, shared])
def test_every_error_derives_from_the_base_and_says_so_in_its_name(package: ModuleType) -> None:
    """A catcher of FramecastError catches everything that was raised on purpose."""
    found = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name not in WITH_EFFECTS:
            members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            found |= {one for _, one in members if issubclass(one, BaseException) and one.__module__ == module.name}
    assert len(found) >= 4
    for error in found:
        assert issubclass(error, FramecastError), error
        assert error.__name__.endswith("Error"), error
