"""A web service that can't use a setting answers with the reason. No value is told, since no password is known."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from services.archiver.base.settings import ArchiverSettings
from shared.cameras_file import read_tables
from shared.errors import ConfigurationError
from shared.settings import load_settings
from shared.web.refusal import RefusalApp

SENTENCE = "STREAM_MAX_VIEWERS is 'se<cr>et' but must be a whole number."


def _ask(accept: str) -> httpx2.Response:
    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=RefusalApp(ConfigurationError(SENTENCE).public))
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/anything", headers={"Accept": accept})

    return asyncio.run(ask())


def test_programs_get_the_reason_as_from_any_refusal() -> None:
    """Whatever they ask for, health checks included."""
    answer = _ask("*/*")
    assert answer.status_code == 503
    assert answer.json() == {"detail": "STREAM_MAX_VIEWERS is '…' but must be a whole number."}
    assert answer.headers["Retry-After"] == "5"


def test_browsers_get_a_page_that_loads_itself_again() -> None:
    """So it is over when somebody has mended the setting."""
    answer = _ask("text/html,*/*;q=0.8")
    assert answer.status_code == 503
    assert "STREAM_MAX_VIEWERS is" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    assert "se<cr>et" not in answer.text


@pytest.mark.parametrize("value", ["pa'ss'hunter2", "' hunter2", "hunter2'", "can't 'hunter2"])
def test_a_value_with_apostrophes_is_not_told(value: str) -> None:
    """All behind its first apostrophe was."""
    error = ConfigurationError(f"VIEWER_PASSWORD_FILE is '{value}' but can't be read, see 'a' and 'b'.")
    assert "hunter2" not in error.public
    assert error.public == "VIEWER_PASSWORD_FILE is '…'."


def test_what_cant_be_done_is_told_as_a_whole() -> None:
    """Its apostrophe ends no value."""
    told = ConfigurationError("TIMELAPSE_SCHEDULE is 'daily' but can't be met: there is no FFmpeg.").public
    assert told == "TIMELAPSE_SCHEDULE is '…' but can't be met: there is no FFmpeg."


def test_the_cameras_files_path_is_not_told() -> None:
    """It had no apostrophes around it."""
    with pytest.raises(ConfigurationError) as refused:
        read_tables(Path("hunter2"))
    assert refused.value.public == "CAMERAS_FILE '…' can't be read: No such file or directory."


def test_advice_that_repeats_a_part_of_a_value_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule's fault is named by its own words."""
    monkeypatch.setenv("TIMELAPSE_SCHEDULE", "daily length=hunter2")
    with pytest.raises(ConfigurationError, match="hunter2") as refused:
        load_settings(ArchiverSettings)
    assert refused.value.public.startswith("TIMELAPSE_SCHEDULE is '…' but must be")
    assert "hunter2" not in refused.value.public
