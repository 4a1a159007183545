"""A secret is found in every spelling that addresses, headers and logs give it."""

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from faults.cameras import PASSWORD, USERNAME
from faults.secrets import OutputWatch, leaks_in
from faults.viewers.door import VIEWER_TOKEN


@pytest.mark.parametrize("text", [
    PASSWORD,
    VIEWER_TOKEN,
    f"rtsp://u:{quote(PASSWORD, safe='')}@host/",
    f"Authorization: Basic {base64.b64encode(f'{USERNAME}:{PASSWORD}'.encode()).decode()}",
])  # fmt: skip
def test_a_secret_is_found_in_each_spelling(text: str) -> None:
    assert [leak.where for leak in leaks_in("a log", f"before {text} after".encode())] == ["a log"]


def test_harmless_text_is_no_leak() -> None:
    assert not list(leaks_in("a log", b"rtsp://g***:***@127.0.0.1/camera"))


def test_what_is_written_to_a_log_later_is_read_later(tmp_path: Path) -> None:
    """Also a secret that was half written at the first look."""
    log, watch = tmp_path / "ingest.000.log", OutputWatch()
    half = len(PASSWORD) // 2
    log.write_text(f"opening {PASSWORD[:half]}")
    assert not list(watch.look([log]))

    with log.open("a") as file:
        file.write(PASSWORD[half:])

    assert [leak.secret for leak in watch.look([log])] == ["the camera's password"]
