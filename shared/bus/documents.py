"""Messages that are a topic and one JSON document: a camera's status, an ingest's report. Pure."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import MessageDecodeError

DOCUMENT_PARTS: Final = 2
"""Topic and body."""
Document = TypeVar("Document", bound=BaseModel)


def encode_document(topic: bytes, document: BaseModel) -> list[bytes]:
    return [topic, document.model_dump_json().encode()]


def decode_document(
    parts: Sequence[bytes], kind: type[Document], name: str, max_bytes: int, topic_of: Callable[[Document], bytes]
) -> Document:
    """The document in a message. Errors call it by `name`. Its topic must be the one that it asks for itself.

    Raises:
        MessageDecodeError: it is not as the wire format says.
    """
    if len(parts) != DOCUMENT_PARTS:
        raise MessageDecodeError(f"the {name} has {len(parts)} parts, not {DOCUMENT_PARTS}")
    topic, body = parts
    if len(body) > max_bytes:
        raise MessageDecodeError(f"the {name} is {len(body)} bytes long")
    try:
        # Strict: only JSON's own types, so "1" is no number. Enums are read from text, and floats also from integers.
        document = kind.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise MessageDecodeError(f"the {name} is not valid: {error.errors()[0]['msg']}") from None
    if topic != topic_of(document):
        raise MessageDecodeError(f"the topic is not that of the {name}")
    return document
