"""The file .env: what each command reads from it, and what it says of values that can't be what was meant."""

import os
from pathlib import Path

import pytest

from shared.settings_file import IS_READ, doubts_about, read_settings_file, values_in

ODD = ["S3cr$t99", "x #y", "a${HOME}b", '"quoted"', "back\\slash", "#first", "two words"]


@pytest.mark.parametrize("password", ODD)
def test_between_single_quotes_nothing_is_replaced(password: str) -> None:
    """As Docker Compose reads it."""
    text = f"CAMERA_RTSP_PASSWORD='{password}'\n"
    assert values_in(text) == {"CAMERA_RTSP_PASSWORD": password}
    assert not list(doubts_about(text))


def test_between_single_quotes_a_backslash_is_one_and_may_hide_a_quote() -> None:
    """As Docker Compose reads it: two are two."""
    assert values_in(r"A='\\server\share'") == {"A": r"\\server\share"}
    assert values_in(r"A='it\'s'") == {"A": "it's"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"quoted"', "quoted"),
        (r'"a\tb"', "a\tb"),
        ('"S3cr$t"', "S3cr$t"),
        ('"a${HOME}b"', "a/home/meb"),
        ("S3cr$t", "S3cr$t"),
        ("a$$b", "a$$b"),
        ('in"side', 'in"side'),
        ("it's", "it's"),
        ("a#b", "a#b"),
        ("two words ", "two words"),
        ("'a' # a comment", "a"),
    ],
)
def test_the_other_ways_to_write_a_value_are_read_as_the_settings_page_says(
    written: str, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert values_in(f"A={written}\n") == {"A": read}


def test_a_quote_that_is_not_ended_costs_the_lines_to_the_next_one_and_no_more(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The library's own words would be a second line about the same."""
    assert values_in("A='q\nB=1\n") == {"B": "1"}
    assert values_in('A="q\nB=1\nC="x"\nD=2\n') == {"D": "2"}
    assert capfd.readouterr().err == ""


def test_elsewhere_a_name_in_braces_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory may be written so. Docker Compose does the same."""
    monkeypatch.setenv("HOME", "/home/me")
    assert values_in("ARCHIVE_DIR=${HOME}/frames\n") == {"ARCHIVE_DIR": "/home/me/frames"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('VIEWER_PASSWORD="quoted"', "VIEWER_PASSWORD: the double quotes are no part of it"),
        ("VIEWER_PASSWORD='a'b", "line 3 can't be read, so what is there is left out"),
        ("CAMERA_RTSP_PASSWORD=x #y", "CAMERA_RTSP_PASSWORD: behind ' #' is a comment"),
        ("VIEWER_PASSWORD=a${HOME}b", "VIEWER_PASSWORD: ${…} is replaced"),
        ("CAMERA_RTSP_PASSWORD=S3cr$t99", "Docker Compose would replace"),
        ("CAMERA_RTSP_PASSWORD='q", "line 3 can't be read, so what is there is left out"),
        ("CAMERA_RTSP_PASSWORD=\"q\nSTREAM_PORT=8002\nA='b\"'", "lines 3 to 5 can't be read"),
        ("CAMERA_NAME='q\nSTREAM_PORT=8002\nVIEWER_PASSWORD='", "CAMERA_NAME: its value is on lines 3 to 5"),
    ],
)
def test_a_secret_that_is_read_otherwise_than_it_is_written_is_told(line: str, words: str) -> None:
    """Without its value. A camera would only say that it refuses the password."""
    (doubt,) = doubts_about(f"# a comment\n\n{line}\n")
    assert words in doubt
    assert line.partition("=")[2] not in doubt


def test_comments_behind_other_values_are_usual() -> None:
    """Nothing is said of them."""
    assert not list(doubts_about("STREAM_PORT=8001 # as before\nARCHIVE_DIR=${HOME}/frames\n# PASSWORD=x #y\n"))


def test_the_environment_goes_before_the_file_and_an_empty_value_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """.env.example copied as it is changes nothing: an empty LOG_FORMAT made JSON of the terminal's log."""
    monkeypatch.setattr(os, "environ", {"CAMERA_FPS": "5"})
    file = tmp_path / ".env"
    file.write_text("CAMERA_FPS=7\nLOG_FORMAT=\nTZ=\nCAMERA_NAME=Porch\n")
    read_settings_file(file)
    assert os.environ == {"CAMERA_FPS": "5", "CAMERA_NAME": "Porch", IS_READ: "1"}
    file.write_text("CAMERA_NAME=Garden\nARCHIVE_KEEP=all:1d\n")
    read_settings_file(file)
    assert "ARCHIVE_KEEP" not in os.environ, "it is read once"


def test_a_file_that_cant_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else its settings would be missing without a word."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "environ", {})
        read_settings_file(tmp_path)
    assert "is not read: Is a directory" in capsys.readouterr().err
