"""What a client's Accept says of it: lines that real clients send."""

import pytest

from services.stream.api.accept import is_browsers_image, prefers_words

CHROMIUM = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
SAFARI = "image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
NAVIGATION = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
READER = "multipart/x-mixed-replace, image/jpeg, image/*;q=0.5"


@pytest.mark.parametrize("accept", [CHROMIUM, FIREFOX, SAFARI, NAVIGATION, "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_browser_names_image_types_but_not_jpeg(accept: str) -> None:
    """Not even Safari, whose list is the longest."""
    assert is_browsers_image(accept)


@pytest.mark.parametrize("accept", ["", "*/*", JAVA, READER, "image/jpeg", "IMAGE/JPEG, image/*", "image/gif, */*"])
def test_a_program_names_nothing_or_what_it_reads(accept: str) -> None:
    """Java does so without being told to, and then waits for each part's length."""
    assert not is_browsers_image(accept)


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        ("", False),
        ("*/*", False),
        (CHROMIUM, False),
        (NAVIGATION, False),
        (JAVA, False),
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("application/json;q=0.5, image/jpeg", False),
        ("image/jpeg, application/json", False),
        ("application/*;q=0.4, */*;q=0.9", False),
        ("*/*;q=0.1, application/json;q=nonsense", False),
        ("text/html", False),
        ("image/*;q=0, */*", True),
    ],
)
def test_words_are_for_those_who_like_json_better(accept: str, words: bool) -> None:
    """Whoever has no preference asked an address of pictures, and takes a picture."""
    assert prefers_words(accept) is words
