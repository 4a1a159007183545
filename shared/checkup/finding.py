"""One finding of a check-up, and the order in which a person reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Weight(StrEnum):
    """How much a finding matters."""

    WRONG = "wrong"
    """It does not work."""
    DOUBT = "doubt"
    """It works, and somebody should look."""
    WELL = "well"


_ORDER: Final = (Weight.WRONG, Weight.DOUBT, Weight.WELL)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, about what, and what to do. `advice` is empty where there is nothing to do, or `text` says it."""

    weight: Weight
    about: str
    text: str
    advice: str = ""


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """What is wrong first, each sentence once. Findings of one weight stay in the order of their subjects."""
    return sorted(dict.fromkeys(findings), key=lambda finding: _ORDER.index(finding.weight))


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong. A doubt alone is no fault."""
    return all(finding.weight is not Weight.WRONG for finding in findings)
