"""The description of port 8001 has stream's endpoints and the archive's."""

import json

from services.stream.api.api_description import ARCHIVE_FILE, archive_description
from tests.support.archive_description import archive_part
from tests.support.replica import Replica


def test_the_archives_part_is_what_the_archiver_says() -> None:
    """`scripts/openapi` makes it."""
    assert ARCHIVE_FILE.read_text() == archive_part()


def test_the_description_has_both_and_no_reference_leads_nowhere(lonely_replica: Replica) -> None:
    """Also while no archiver answers."""
    document = lonely_replica.json("/openapi.json")[1]
    for path in ("/api/devices", "/api/camera/frames", "/api/camera/frames/zip", "/api/camera/timelapses"):
        assert path in document["paths"], path
    named = {part.partition('"')[0] for part in json.dumps(document).split('"#/components/schemas/')[1:]}
    assert named <= document["components"]["schemas"].keys()


def test_a_name_means_the_same_schema_in_both(lonely_replica: Replica) -> None:
    """In the whole there is one of each name."""
    schemas = lonely_replica.json("/openapi.json")[1]["components"]["schemas"]
    archive = archive_description()["schemas"]
    assert {name: schemas[name] for name in archive} == archive
