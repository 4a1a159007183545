"""Accessibility of a page, checked by axe-core."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final, Literal

from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
# In addition to the default rules: targets large enough for an unsteady finger (WCAG 2.2).
_OPTIONS: Final = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def assert_accessible(page: Page, *, schemes: Sequence[Scheme] = ("light", "dark")) -> None:
    """Check the page, as it is now, by axe's rules in each of the colour schemes, shadow roots included."""
    # Run by the debugger instead of inserted into the page, because the page's policy allows no foreign script.
    if not page.evaluate("'axe' in window"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        answer: dict[str, Any] = page.evaluate("options => axe.run(options)", _OPTIONS)
        assert answer["passes"], "axe checked nothing"
        found += [f"{scheme}: {line}" for violation in answer["violations"] for line in _lines(violation)]
    page.emulate_media(color_scheme="null")
    assert not found, "\n".join(["the page is not accessible:", *found])


def _lines(violation: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']} ({violation['help']}) at {node['target']}: {node['failureSummary']}"
        for node in violation["nodes"]
    ]
