"""The text of a cameras file in pieces: what stands before the first camera, and one piece for each camera. Pure.

A comment directly above a camera's `[[camera]]` belongs to that camera. A change of one piece leaves every other piece
byte for byte as it is, whatever a library makes of comments and blank lines.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from typing import Final, Self

from services.ingest.cameras import texts
from shared.errors import FramecastError

_HEADER: Final = re.compile(r"""^[ \t]*\[\[[ \t]*(?:camera|"camera"|'camera')[ \t]*\]\][ \t]*(?:#.*)?$""")
_COMMENT: Final = re.compile(r"^[ \t]*#")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
"""As TOML has them: other signs that end a line elsewhere may stand in its texts."""


class UnusualFormError(FramecastError):
    """Raised for a file whose cameras don't each have a piece of the text to themselves. Its message is for people."""


@dataclass(frozen=True, slots=True)
class FileText:
    """`before` and the `pieces`, joined, are the text of the file."""

    before: str = ""
    pieces: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """
        Raises:
            UnusualFormError: the text has cameras in another form than one `[[camera]]` after the other.
        """
        lines = _LINES.findall(text)
        headers = [number for number, line in enumerate(lines) if _HEADER.match(line.rstrip("\r\n"))]
        starts = [_with_comments(lines, number) for number in headers]
        ends = [*starts[1:], len(lines)][: len(starts)]
        made = cls(
            "".join(lines[: starts[0]] if starts else lines),
            tuple("".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)),
        )
        made._check(text)
        return made

    @property
    def text(self) -> str:
        return self.before + "".join(self.pieces)

    def with_piece(self, number: int, piece: str) -> Self:
        """With another piece for the camera at this place, from 0."""
        following = self.pieces[number + 1 :]
        return replace(self, pieces=(*self.pieces[:number], _ended(piece) if following else piece, *following))

    def with_new(self, piece: str) -> Self:
        """With one more camera, the last, and a blank line before it."""
        text = self.text
        if not text:
            return replace(self, pieces=(piece,))
        gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        if self.pieces:
            return replace(self, pieces=(*self.pieces[:-1], self.pieces[-1] + gap, piece))
        return replace(self, before=self.before + gap, pieces=(piece,))

    def without(self, number: int) -> Self:
        return replace(self, pieces=(*self.pieces[:number], *self.pieces[number + 1 :]))

    def in_order(self, numbers: list[int]) -> Self:
        """With the pieces in this order of their present places."""
        ended = [_ended(piece) for piece in self.pieces]
        return replace(self, pieces=tuple(ended[number] for number in numbers))

    def _check(self, text: str) -> None:
        """A header may also be a line within a text of several lines: then a piece is no TOML, or says other things."""
        try:
            whole = tomllib.loads(text).get("camera", [])
            before = tomllib.loads(self.before)
            own = [tomllib.loads(piece) for piece in self.pieces]
        except (ValueError, RecursionError):
            raise UnusualFormError(texts.UNUSUAL_FORM) from None
        if before or own != [{"camera": [table]} for table in whole]:
            raise UnusualFormError(texts.UNUSUAL_FORM)


def _with_comments(lines: list[str], header: int) -> int:
    """Where the piece begins whose header is at this line: at the first of the comments directly above it."""
    start = header
    while start and _COMMENT.match(lines[start - 1]):
        start -= 1
    return start


def _ended(piece: str) -> str:
    """As it may stand before another one. A comment at its end would be that one's without a blank line."""
    piece = piece if piece.endswith("\n") else f"{piece}\n"
    return f"{piece}\n" if _COMMENT.match(piece.split("\n")[-2]) else piece
