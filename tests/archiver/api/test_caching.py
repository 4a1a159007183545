"""Whether a browser has a picture already."""

import pytest

from services.archiver.api.caching import matches


@pytest.mark.parametrize("given", ['"abc"', 'W/"abc"', '"x", "abc"', '"x",W/"abc"', "*"])
def test_a_header_that_names_the_etag_matches(given: str) -> None:
    """Alone, among others, weak or as any."""
    assert matches(given, '"abc"')


@pytest.mark.parametrize("given", [None, "", '"ab"', "abc", '"abcd", W/"ab"'])
def test_other_headers_do_not(given: str | None) -> None:
    """Nor does none at all."""
    assert not matches(given, '"abc"')
