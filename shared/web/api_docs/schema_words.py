"""JSON schemas in words, as HTML: the type of a value, and what is allowed. Pure."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

Schema = Mapping[str, Any]
_BOUNDS: Final = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or fewer",
    "pattern": "like {}",
}


def named_schemas(document: Mapping[str, Any]) -> dict[str, Schema]:
    """The document's objects by their names."""
    schemas: dict[str, Schema] = document.get("components", {}).get("schemas", {})
    return schemas


def type_words(schema: Schema) -> str:
    """Such as `integer or null`, `array of <a href="#Device">Device</a>`."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    alternatives = _alternatives(schema)
    if alternatives:
        return " or ".join(type_words(one) for one in alternatives)
    if "enum" in schema or "const" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"array of {type_words(schema.get('items', {}))}"
    return escape(str(schema.get("format") or schema.get("type", "anything")))


def constraints(schema: Schema) -> str:
    """Such as `(at least 1, at most 500)`, also where they stand at one of several types; empty without any."""
    found = {key: one[key] for one in (*_alternatives(schema), schema) for key in _BOUNDS if key in one}
    words = [text.format(f"<code>{escape(str(found[key]))}</code>") for key, text in _BOUNDS.items() if key in found]
    return f"<i>({', '.join(words)})</i>" if words else ""


def _alternatives(schema: Schema) -> list[Schema]:
    alternatives: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or []
    return alternatives
