"""Fixtures for the browser tests: a browser per module, a bus, and a page whose script errors fail the test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site import Pages, Site, running_site, serving_pages
from tests.clients.marionette import Firefox, running_firefox
from tests.clients.programs import own_directory
from tests.support.browser import running_chromium
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    with own_directory() as home, running_firefox(home) as running:
        yield running


@pytest.fixture
def bus() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in its own context. An error in its scripts fails the test."""
    context = chromium.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture
def pages() -> Iterator[Pages]:
    with serving_pages() as serving:
        yield serving
