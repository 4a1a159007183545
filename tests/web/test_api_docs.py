"""The page `/docs`: HTML alone, complete, and safe with any text of a description."""

from html.parser import HTMLParser

import pytest
from fastapi import FastAPI

from shared.web.api_docs.page import docs_page
from shared.web.api_docs.schema_words import constraints, type_words
from tests.support.replica import Replica, running_replica


class _Reader(HTMLParser):
    """Keeps the tags, the addresses in them and the ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        self.addresses |= {value for name in ("href", "src") if (value := named.get(name))}
        self.ids += [value for name, value in attrs if name == "id" and value]
        assert not any(name.startswith("on") or name == "style" for name in named)


def test_it_is_html_without_scripts_and_without_addresses_of_others(lonely_replica: Replica) -> None:
    """A script of another server would act with the operator's rights, and without internet it would be missing."""
    status, headers, body = lonely_replica.request("/docs")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    read = _Reader(body.decode())
    assert not read.tags & {"script", "style", "iframe", "img", "object", "form"}
    links = {address.removeprefix("#") for address in read.addresses if address.startswith("#")}
    assert links
    assert links <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert {address for address in read.addresses if not address.startswith("#")} == {"docs.css", "openapi.json", "./"}
    assert lonely_replica.request("/docs.css")[1]["content-type"].startswith("text/css")


def test_it_names_every_endpoint_parameter_and_object(lonely_replica: Replica) -> None:
    """The archive's too."""
    page = lonely_replica.request("/docs")[2].decode()
    document = lonely_replica.json("/openapi.json")[1]
    assert "/api/camera/frames/{frame_id}/thumbnail" in page
    for path, operations in document["paths"].items():
        assert f"<code>{path}</code>" in page, path
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in page, parameter
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page, name


def test_nothing_in_a_description_becomes_markup() -> None:
    """Texts come from the code today. They may come from a setting tomorrow."""
    evil = "<script>alert(1)</script>\"'&"
    app = FastAPI(title=evil, summary=evil, description=evil, version=evil)

    @app.get("/x", summary=evil, description=evil, tags=[evil], operation_id=evil)
    async def _x(some: str = evil) -> dict[str, str]:
        return {"x": some}

    read = _Reader(docs_page(app.openapi(), "docs.css", has_pages=False))
    assert "script" not in read.tags
    assert read.addresses == {"docs.css", "openapi.json", "#HTTPValidationError", "#ValidationError"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "date-time or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Device"}}, 'array of <a href="#Device">Device</a>'),
        ({"enum": ["asc", "desc"]}, "<code>asc</code> or <code>desc</code>"),
        ({"const": "auto"}, "<code>auto</code>"),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(schema: dict[str, object], words: str) -> None:
    """A JSON schema is for programs."""
    assert type_words(schema) == words


def test_bounds_are_told_wherever_they_stand() -> None:
    """FastAPI writes those of an optional parameter at one of its types."""
    bounds = {"minimum": 1, "maximum": 500}
    words = "<i>(at least <code>1</code>, at most <code>500</code>)</i>"
    assert constraints({"type": "integer", **bounds}) == words
    assert constraints({"anyOf": [{"type": "integer", **bounds}, {"type": "null"}]}) == words
    assert constraints({"type": "integer"}) == ""


def test_the_other_address_leads_to_it_under_any_path(bus: str) -> None:
    """`/redoc` was such a page too."""
    with running_replica(bus, settings={"base_path": "/yard"}) as replica:
        for path in ("/redoc", "/yard/redoc"):
            status, headers, _ = replica.request(path)
            assert (status, headers["location"]) == (307, "./docs")
        assert replica.request("/yard/docs")[2] == replica.request("/docs")[2]
