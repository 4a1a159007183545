"""The archiver's time zone, from its environment to its answers."""

import json
import urllib.request
from pathlib import Path

import pytest

from tests.archiver.test_service import environment, running, start_in_vain
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("variables", "zone"),
    [
        ({"TZ": "Asia/Kathmandu"}, "Asia/Kathmandu"),
        ({"TZ": "Asia/Kathmandu", "ARCHIVE_TIME_ZONE": "America/New_York"}, "America/New_York"),
    ],
)
def test_it_is_that_of_tz_unless_one_is_set(tmp_path: Path, variables: dict[str, str], zone: str) -> None:
    """Days are counted in it, and the status shows it."""
    env = environment(tmp_path, **variables)
    with running(env):

        def told(path: str) -> dict[str, object]:
            with urllib.request.urlopen(f"http://127.0.0.1:{env['ARCHIVER_PORT']}{path}", timeout=20) as answer:
                body: dict[str, object] = json.load(answer)
                return body

        wait_until(lambda: told("/api/camera/frames/status")["frames"] is not None, "the database is made")
        assert told("/api/camera/retention")["time_zone"] == zone
        settings = told("/api/camera/frames/status")["settings"]
        assert isinstance(settings, dict)
        assert settings["ARCHIVE_TIME_ZONE"] == zone


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"CAPTURE_WHEN": "mon-fry 06:00-20:00"}, "'fry' is none of mon, tue, wed, thu, fri, sat, sun"),
        ({"CAPTURE_WHEN": "dawn"}, "but must be always, or daylight"),
        ({"CAPTURE_WHEN": "daylight"}, "LOCATION must be set, too"),
        ({"CAPTURE_WHEN": "daylight", "LOCATION": "52.5"}, "but must be a latitude and a longitude"),
    ],
)
def test_a_rule_that_is_none_is_refused_in_words(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    """One line, with the grammar, and exit code 2."""
    told = start_in_vain(environment(tmp_path, **variables))
    assert told.returncode == 2
    assert words in told.stderr
    assert len(told.stderr.splitlines()) == 1
