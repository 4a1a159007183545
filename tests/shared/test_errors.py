"""Every error of ours has one base, as shared/errors.py promises."""

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


def test_every_error_derives_from_the_base_and_says_so_in_its_name() -> None:
    """A catcher of the base catches everything that was raised on purpose."""
    for error in errors_of_shared():
        assert issubclass(error, FramecastError), error
        assert error.__name__.endswith("Error"), error


def test_each_error_is_described_for_its_catcher() -> None:
    """The table tells what to do about it."""
    table = set(re.findall(r"^\| `(\w+)`", shared.errors.__doc__ or "", re.MULTILINE))
    assert table == {error.__name__ for error in errors_of_shared() - {FramecastError}}
