"""What to paste where: for each program its lines, for one camera. Pure.

A line has marks, which the page fills in with what only the browser knows: `{base}` is our address with a slash at its
end, `{socket}` the same for a WebSocket, `{login}` the same with the viewer's name and password, `{link}` a share link.
"""

from html import escape
from typing import Final

from pydantic import BaseModel, Field

from services.stream.base import connect_texts as texts

# MJPEG has no times, and FFmpeg would take every stream for one of 25 pictures a second.
_CLOCK: Final = "go2rtc:\n  ffmpeg:\n    clock: -use_wallclock_as_timestamps 1 -i {input}\n"


class Line(BaseModel):
    name: str
    value: str = Field(description="with {base}, {socket}, {login} and {link} in the places of our address and a link")


class Recipe(BaseModel):
    """The lines for one program, with a sentence on where they go."""

    title: str
    about: str
    lines: list[Line]


def recipes_for(key: str, name: str, *, is_guarded: bool) -> list[Recipe]:
    """The lines for a camera. `is_guarded`: whether there are passwords, so that lines need a link or a login."""
    camera = f"api/cameras/{key}"
    end = "?link={link}" if is_guarded else ""
    stream, picture, socket = (
        f"{{base}}{camera}/stream{end}",
        f"{{base}}{camera}/snapshot{end}",
        f"{{socket}}{camera}/ws{end}",
    )
    # For programs that take a password in the address.
    known = f"{{login}}{camera}/stream" if is_guarded else stream
    put = texts.PASSWORD_IS_PUT_IN if is_guarded else ""
    return [
        _recipe(
            texts.ADDRESSES,
            texts.ADDRESSES_ABOUT,
            {texts.STREAM: stream, texts.SNAPSHOT: picture, texts.SOCKET: socket},
        ),
        _recipe(
            texts.OWN_PAGE,
            texts.OWN_PAGE_ABOUT,
            {
                texts.IMAGE: f'<img src="{stream}" alt="{_in_html(name)}">',
                texts.ELEMENT: _element(key, is_guarded=is_guarded),
            },
        ),
        *_programs_that_ask(camera, stream, picture, is_guarded=is_guarded),
        _recipe(
            texts.FRIGATE,
            texts.FRIGATE_ABOUT + put,
            {texts.SOURCE: f"{_CLOCK}  streams:\n    {key}: ffmpeg:{known}#input=clock#video=h264"},
        ),
        _recipe(texts.VLC, texts.VLC_ABOUT + put, {texts.COMMAND: f"vlc '{known}'"}),
        _curl(camera, is_guarded=is_guarded),
        _recipe(texts.OPEN_CV, texts.OPEN_CV_ABOUT + put, {texts.LINE: f'capture = cv2.VideoCapture("{known}")'}),
    ]


def _programs_that_ask(camera: str, stream: str, picture: str, *, is_guarded: bool) -> list[Recipe]:
    """Programs that have a field for the password, or none at all."""
    home, octo = (texts.HOME_ASSISTANT_SIGNED, texts.OCTO_PRINT_SIGNED) if is_guarded else ("", "")
    return [
        _recipe(
            texts.HOME_ASSISTANT,
            texts.HOME_ASSISTANT_ABOUT + home,
            {
                texts.MJPEG_URL: f"{{base}}{camera}/stream?advance_headers=1",
                texts.STILL_URL: f"{{base}}{camera}/snapshot?stand_in=1",
            },
        ),
        _recipe(
            texts.OCTO_PRINT,
            texts.OCTO_PRINT_ABOUT + octo,
            {texts.STREAM_URL: stream, texts.SNAPSHOT_URL: picture},
        ),
        _recipe(
            texts.MAINSAIL,
            texts.MAINSAIL_ABOUT,
            {texts.URL_STREAM: stream, texts.URL_SNAPSHOT: picture},
        ),
    ]


def _curl(camera: str, *, is_guarded: bool) -> Recipe:
    user, signed = ("-u viewer ", texts.CURL_SIGNED) if is_guarded else ("", "")
    command = f"curl {user}-o picture.jpg '{{base}}{camera}/snapshot'"
    return _recipe(texts.CURL, texts.CURL_ABOUT + signed, {texts.COMMAND: command})


def _element(key: str, *, is_guarded: bool) -> str:
    link = ' link="{link}"' if is_guarded else ""
    script = '<script type="module" src="{base}camera-feed.js"></script>'
    return f'{script}\n<camera-feed camera="{key}"{link}></camera-feed>'


def _recipe(title: str, about: str, lines: dict[str, str]) -> Recipe:
    return Recipe(title=title, about=about, lines=[Line(name=name, value=value) for name, value in lines.items()])


def _in_html(name: str) -> str:
    """A camera's name as an attribute's value; one with braces has no mark in it."""
    return escape(name).replace("{", "&#123;")
