"""Reads a stranger's XML. Pure.

There are no entities and no document types, so a few bytes can't grow to gigabytes, and nothing is loaded from
elsewhere. Names are compared without their prefixes, and namespaces are not looked at: cameras get both wrong.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from shared.errors import FramecastError

MAX_BYTES: Final = 256 * 1024
MAX_ELEMENTS: Final = 20_000
MAX_DEPTH: Final = 64
MAX_TEXT: Final = 4096
"""Of one value that is used."""
_PREFIX_END: Final = ":"


class DocumentError(FramecastError):
    """Raised when bytes are no XML, or more of it than any camera sends."""


class _Builder:
    """Takes the parser's events. Text outside of elements, comments and instructions are passed over."""

    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = 0
        self._elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise DocumentError("a document with too many elements")
        self._tree.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(_local(name))

    def text(self, text: str) -> None:
        if self._depth:
            self._tree.data(text)

    def refuse(self, *_: object) -> None:
        raise DocumentError("a document with a type of its own")

    def close(self) -> Element:
        return self._tree.close()


def read_document(data: bytes) -> Element:
    """The root element.

    Raises:
        DocumentError: it can't be read.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError("a document of too many bytes")
    builder, parser = _Builder(), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = builder.refuse
    try:
        parser.Parse(data.strip(b"\0 \t\r\n"), True)
        return builder.close()
    # An encoding that Python does not know is a LookupError, or a ValueError where it is one of several bytes.
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        raise DocumentError("no XML document") from error


def elements(root: Element, *names: str) -> Iterator[Element]:
    """All elements below that lie on this path, whatever is between its parts: a camera may wrap them."""
    first, *others = names
    for element in root.iter(first):
        if element is root:
            continue
        if others:
            yield from elements(element, *others)
        else:
            yield element


def element(root: Element, *names: str) -> Element | None:
    return next(elements(root, *names), None)


def text(root: Element, *names: str) -> str:
    """The text of the first one; empty if there is none, or if it is too long to be true."""
    found = element(root, *names)
    value = "" if found is None else (found.text or "").strip()
    return value if len(value) <= MAX_TEXT else ""


def _local(name: str) -> str:
    return name.rpartition(_PREFIX_END)[2]
