"""The HTML of `/docs`, made from an OpenAPI 3.1 document as FastAPI writes it. Pure.

Addresses in it are relative, so it works under any path that a proxy puts before ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from typing import Any, Final

from shared.web.api_docs.schema_words import constraints, named_schemas, type_words

Document = Mapping[str, Any]
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def docs_page(document: Document, style: str, *, has_pages: bool) -> str:
    """All endpoints by their tags, each with its parameters, body and answers; and the objects in them."""
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                tag = operations[method].get("tags", ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(method, path, operations[method]))
    parts = chain.from_iterable((f"<h2>{escape(tag)}</h2>", *operations) for tag, operations in by_tag.items())
    back = '<p><a href="./">Framecast</a></p>' if has_pages else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="{escape(style)}"></head><body>'
        f"<header>{back}<h1>{title}</h1>{_paragraph(info.get('summary'))}{_paragraph(info.get('description'))}"
        '<p>For programs: <a href="openapi.json">openapi.json</a></p></header>'
        f"<main>{''.join(parts)}<h2>objects</h2>{''.join(_objects(document))}</main></body></html>"
    )


def _operation(method: str, path: str, operation: Document) -> str:
    summary = operation.get("summary", "")
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b class="{method}">{method.upper()}</b> '
        f"<code>{escape(path)}</code> <span>{escape(summary)}</span></summary>"
        f"{_paragraph(operation.get('description'))}{_parameters(operation)}{_body(operation)}{_answers(operation)}"
        "</details>"
    )


def _parameters(operation: Document) -> str:
    rows = [
        (
            f"<code>{escape(one['name'])}</code> <i>{escape(one['in'])}</i>",
            type_words(one["schema"]),
            _default(one["schema"], is_required=one.get("required", False)),
            _meaning(one["schema"] | {"description": one.get("description", "")}),
        )
        for one in operation.get("parameters", ())
    ]
    return _table(("parameter", "type", "default", "meaning"), rows)


def _body(operation: Document) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(f"<p>Body: {escape(kind)}, {_schema_words(media)}</p>" for kind, media in content.items())


def _answers(operation: Document) -> str:
    rows = [
        (f"<b>{escape(status)}</b>", _contents(answer.get("content", {})), escape(answer.get("description", "")))
        for status, answer in operation.get("responses", {}).items()
    ]
    return _table(("answer", "content", "meaning"), rows)


def _contents(content: Document) -> str:
    return "<br>".join(f"{escape(kind)} {_schema_words(media)}".strip() for kind, media in content.items())


def _schema_words(media: Document) -> str:
    return type_words(media["schema"]) if media.get("schema") else ""


def _objects(document: Document) -> Iterator[str]:
    for name, schema in sorted(named_schemas(document).items()):
        required = schema.get("required", ())
        rows = [
            (
                f"<code>{escape(member)}</code>",
                type_words(one),
                _default(one, is_required=member in required),
                _meaning(one),
            )
            for member, one in schema.get("properties", {}).items()
        ]
        yield (
            f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
            f"{_paragraph(schema.get('description'))}{_table(('member', 'type', 'default', 'meaning'), rows)}"
            f"{'' if rows else f'<p>{type_words(schema)}</p>'}</details>"
        )


def _default(schema: Document, *, is_required: bool) -> str:
    if is_required:
        return "required"
    default = schema.get("default")
    return "" if default is None else f"<code>{escape(str(default))}</code>"


def _meaning(schema: Document) -> str:
    return " ".join(filter(None, (escape(schema.get("description", "")), constraints(schema))))


def _paragraph(text: str | None) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Cells are HTML already."""
    if not rows:
        return ""
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
