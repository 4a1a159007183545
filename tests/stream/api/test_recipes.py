"""The lines that the connect page offers to paste, with the marks that the page fills in."""

import pytest

from services.stream.api.recipes import recipes_for

NAME = 'The "old" yard & shed {link}'


def lines(*, is_guarded: bool) -> dict[str, str]:
    """All lines by the program's name and their own."""
    recipes = recipes_for("a", NAME, is_guarded=is_guarded)
    return {f"{recipe.title}: {line.name}": line.value for recipe in recipes for line in recipe.lines}


def test_without_a_password_every_line_is_the_plain_address() -> None:
    found = lines(is_guarded=False)
    assert found["Addresses: Stream"] == "{base}api/cameras/a/stream"
    assert found["Addresses: WebSocket"] == "{socket}api/cameras/a/ws"
    assert found["VLC: Command"] == "vlc '{base}api/cameras/a/stream'"
    assert not any(mark in "".join(found.values()) for mark in ("{link}", "{login}"))


def test_with_one_pages_get_a_link_programs_the_password_and_home_assistant_asks_for_it_itself() -> None:
    found = lines(is_guarded=True)
    assert found["Addresses: Stream"] == "{base}api/cameras/a/stream?link={link}"
    assert found["Your own page: Element"].endswith('<camera-feed camera="a" link="{link}"></camera-feed>')
    assert found["OpenCV: Line"] == 'capture = cv2.VideoCapture("{login}api/cameras/a/stream")'
    assert found["Home Assistant: MJPEG URL"] == "{base}api/cameras/a/stream?advance_headers=1"
    assert found["curl: Command"] == "curl -u viewer -o picture.jpg '{base}api/cameras/a/snapshot'"


@pytest.mark.parametrize("is_guarded", [False, True])
def test_no_line_has_a_word_in_the_place_of_a_value(is_guarded: bool) -> None:
    """Somebody would copy it."""
    found = "".join(lines(is_guarded=is_guarded).values())
    assert not any(word in found for word in ("PASSWORD", "LINK", "HOST", "ADDRESS"))


def test_a_name_can_t_break_out_of_the_html_that_it_is_pasted_in() -> None:
    """Nor is a part of it taken for a mark."""
    image = lines(is_guarded=False)["Your own page: Image"]
    assert image.endswith('alt="The &quot;old&quot; yard &amp; shed &#123;link}">')
