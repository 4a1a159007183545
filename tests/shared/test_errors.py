"""The table in shared/errors.py has every error of shared/."""

import importlib
import inspect
import pkgutil
import re

import shared
import shared.errors
from shared.errors import FramecastError


def errors_of_shared() -> set[type[BaseException]]:
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(shared.__path__, "shared.")]
    return {
        found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, BaseException) and found.__module__.startswith("shared.")
    }


def test_each_error_is_described_for_its_catcher() -> None:
    """The table tells what to do about it."""
    table = set(re.findall(r"^\| `(\w+)`", shared.errors.__doc__ or "", re.MULTILINE))
    assert table == {error.__name__ for error in errors_of_shared() - {FramecastError}}
