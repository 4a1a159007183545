"""A Chromium that takes us for another computer: plain http to it is no secure context there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser

from tests.support.browser import running_chromium

HOST: Final = "camera.lan"
"""Our name as this browser knows it."""


@contextmanager
def chromium_elsewhere() -> Iterator[Browser]:
    """The browser, in which `HOST` leads here."""
    with running_chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as browser:
        yield browser
