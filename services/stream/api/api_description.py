"""The OpenAPI description of port 8001: stream's own endpoints, and the archive's, which stream forwards.

The archive's part is a file that `scripts/openapi` makes from the archiver's code, so it is there while the archiver is
not, and needs no request in the name of anybody.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

ARCHIVE_FILE: Final = Path(__file__).parent / "archive-openapi.json"


@cache
def archive_description() -> dict[str, Any]:
    """The paths and schemas of the archive's addresses."""
    description: dict[str, Any] = json.loads(ARCHIVE_FILE.read_text(encoding="utf-8"))
    return description


class DescribedApp(FastAPI):
    """An application whose description has the archive's endpoints too. No schema of the two differs under one name."""

    def openapi(self) -> dict[str, Any]:
        own, archive = super().openapi(), archive_description()
        schemas = {**archive["schemas"], **own.get("components", {}).get("schemas", {})}
        return {**own, "paths": {**own["paths"], **archive["paths"]}, "components": {"schemas": schemas}}
