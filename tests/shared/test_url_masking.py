"""A camera's address in logs and errors, however it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.url_masking import login_in_path, mask_pasted_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://camera/path", "rtsp://camera/path"),
        ("rtsp://user:pass@camera:554/path", "rtsp://***@camera:554/path"),
        ("rtsp://user:p@ss/w:ord@camera/path", "rtsp://***@camera/path"),
        ("http://camera/mjpg?user=a&pwd=b", "http://camera/mjpg?***"),
        ("/videos/my garden.mp4", "/videos/my garden.mp4"),
        ("user:pass@camera/path", "***@camera/path"),
        ("rtsp://admin:s3cret", "rtsp://admin:***"),
        ("rtsp://camera:port/x", "rtsp://camera:port/x"),
        ("rtsp://[fd00::1]:554/x", "rtsp://[fd00::1]:554/x"),
        ("admin s3cret rtsp://camera/x", "***rtsp://camera/x"),
        ("rtsp://camera/x :rtsp-pwd=s3cret", "rtsp://camera/x ***"),
        ("rtsp://camera/user=admin&password=s3cret&channel=1", "rtsp://camera/***"),
        ("rtsp://camera/user=admin_password=s3cret_channel=1", "rtsp://camera/***"),
        ("admin:s3cret", "admin:***"),
        ("a\nb://c\x1b[31m", "***b://c?[31m"),
    ],
)
def test_a_text_with_an_address_is_shown_in_one_line_without_its_secrets(text: str, shown: str) -> None:
    """The mistake is most often close to the password."""
    assert mask_pasted_url(text) == shown


def test_some_cameras_want_the_login_in_the_path() -> None:
    """It is secret to its end."""
    assert login_in_path("rtsp://h/user=a_password=b_channel=1") == "user=a_password=b_channel=1"
    assert login_in_path("rtsp://h/superuser/x") == ""


FRAMES = (
    "rtsp://{}@h/x",
    "rtsp://u:{}@h/x",
    "u:{}@h",
    "-i rtsp://u:{}@h/x -y",
    "rtsp://h/x?pwd={}",
    "rtsp://h/password={}",
)


@given(st.text(min_size=3, max_size=20), st.sampled_from(FRAMES))
def test_no_password_is_shown_whatever_it_holds(password: str, frame: str) -> None:
    """Every character has its meaning in some address."""
    shown = mask_pasted_url(frame.format(password))
    assert password.strip() in frame or password not in shown
