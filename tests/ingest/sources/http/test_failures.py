"""What is told of a camera's own words: short, and without a secret."""

import base64

import pytest

from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http.failures import told

OPTIONS = ConnectionOptions("http://192.0.2.1/video", "somebody", "correct-horse-7")
LENGTH = 100
BASIC = base64.b64encode(b"somebody:correct-horse-7").decode()


@pytest.mark.parametrize("form", ["correct-horse-7", "correct%2Dhorse%2D7", BASIC])
@pytest.mark.parametrize("kept", [4, 9, 13])
def test_no_part_of_a_secret_stays_where_the_words_are_cut(form: str, kept: int) -> None:
    """With most of its letters the rest is soon found."""
    words = told(f"{'x' * (LENGTH - kept)}{form} and more", OPTIONS)
    assert len(words) <= LENGTH
    assert form[:kept] not in words


def test_a_cameras_words_are_one_line_of_letters() -> None:
    """A terminal would obey the others, and a log begin a new line."""
    assert told("404 not\r\n found \x1b[31m here\t", OPTIONS) == "404 not found [31m here"
