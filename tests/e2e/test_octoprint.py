"""OctoPrint itself, set up as docs/clients.md says: its time-lapse through what happens during a long print."""

from collections.abc import Iterator

import pytest

from tests.clients.document import fields
from tests.clients.interrupted import CHANGED_PASSWORD, PASSWORD, InterruptedStream, interrupted_stream
from tests.clients.moving import level_of
from tests.e2e.octoprint import OctoPrint, running_octoprint
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def stream() -> Iterator[InterruptedStream]:
    with interrupted_stream() as running:
        yield running


@pytest.fixture(scope="module")
def octoprint(tmp_path_factory: pytest.TempPathFactory, stream: InterruptedStream) -> Iterator[OctoPrint]:
    """Printing. It makes a time-lapse of a print only if the camera is set up before."""
    directory = tmp_path_factory.mktemp("octoprint")
    with running_octoprint(directory) as running:
        running.configure(form(stream, PASSWORD))
        running.print_for_ever()
        yield running


@pytest.fixture(autouse=True)
def _as_the_document_says(octoprint: OctoPrint, stream: InterruptedStream) -> None:
    """Each test begins with a camera that is on, and OctoPrint set up for it."""
    stream.restart()
    stream.find_camera()
    octoprint.configure(form(stream, PASSWORD))
    assert_it_takes_pictures(octoprint)


def form(stream: InterruptedStream, password: str) -> dict[str, str]:
    return fields("OctoPrint", stream.address, password)


def assert_it_takes_pictures(octoprint: OctoPrint) -> None:
    before = len(octoprint.pictures())
    wait_until(lambda: len(octoprint.pictures()) > before + 1, "the time-lapse has two pictures more")


def assert_it_takes_none(octoprint: OctoPrint) -> None:
    """And goes on trying."""
    before = octoprint.failures()
    wait_until(lambda: octoprint.failures() > before + 1, "two pictures could not be taken")


def test_a_time_lapse_has_only_pictures_of_the_camera_through_an_outage(
    octoprint: OctoPrint, stream: InterruptedStream
) -> None:
    stream.lose_camera()
    assert_it_takes_none(octoprint)
    stream.find_camera()
    assert_it_takes_pictures(octoprint)
    assert len({level_of(picture) for picture in octoprint.pictures()}) > 1


def test_a_time_lapse_goes_on_after_a_restart_of_stream(octoprint: OctoPrint, stream: InterruptedStream) -> None:
    stream.restart()
    assert_it_takes_pictures(octoprint)


def test_a_wrong_password_gives_no_picture(octoprint: OctoPrint, stream: InterruptedStream) -> None:
    octoprint.configure(form(stream, "not-this-one"))
    assert_it_takes_none(octoprint)


def test_after_a_change_of_the_password_the_new_one_is_typed_in(
    octoprint: OctoPrint, stream: InterruptedStream
) -> None:
    stream.restart(CHANGED_PASSWORD)
    assert_it_takes_none(octoprint)
    octoprint.configure(form(stream, CHANGED_PASSWORD))
    assert_it_takes_pictures(octoprint)
