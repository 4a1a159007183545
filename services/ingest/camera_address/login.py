"""Where an address's login ends and its host begins.

By the standard, the login ends at the last @ before the first / ? or #. People write passwords that hold these
characters all the same. Then the text has several readings; one is taken only if no other makes sense, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from services.ingest.camera_address import errors
from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.camera_address.place import Place


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the text between the scheme and the end. `login` is as written; None without an @."""

    login: str | None
    place: Place


def read_login(rest: str) -> tuple[str, str, Place]:
    """User name, password (both decoded, empty for none) and place.

    Raises:
        CameraAddressError: when there is no reading, or more than one.
    """
    reading = _only_reading(rest)
    username, _, password = (reading.login or "").partition(":")
    try:
        return unquote(username, errors="strict"), unquote(password, errors="strict"), reading.place
    except UnicodeDecodeError:
        raise CameraAddressError(errors.BAD_PERCENT) from None


def _only_reading(rest: str) -> Reading:
    standard, failure = _standard_reading(rest)
    others = list(_other_readings(rest))
    if standard is None:
        if not others:
            raise failure or CameraAddressError(errors.BAD_HOST)
        best = max(others, key=lambda reading: reading.place.certainty)
        if [reading.place.certainty for reading in others].count(best.place.certainty) > 1:
            raise CameraAddressError(errors.AMBIGUOUS_LOGIN)
        return best
    if any(_rivals(standard, other) for other in others):
        raise CameraAddressError(errors.AMBIGUOUS_LOGIN)
    return standard


def _standard_reading(rest: str) -> tuple[Reading | None, CameraAddressError | None]:
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    login, at_sign, _ = rest[:end].rpartition("@")
    try:
        return Reading(login if at_sign else None, Place.of(rest[len(login) + len(at_sign) :])), None
    except CameraAddressError as error:
        return None, error


def _other_readings(rest: str) -> Iterator[Reading]:
    """Those in which the login holds / ? or #."""
    for at in (at for at, character in enumerate(rest) if character == "@"):
        login = rest[:at]
        if not any(mark in login for mark in "/?#"):
            continue
        try:
            yield Reading(login, Place.of(rest[at + 1 :]))
        except CameraAddressError:
            continue


def _rivals(standard: Reading, other: Reading) -> bool:
    """Whether `other` may be what was meant. An @ in a query's value is common, and so is an address within it."""
    login = other.login or ""
    if ":" not in login or "://" in login:
        return False
    _, question_mark, query = login.partition("?")
    in_query = bool(question_mark) and "=" in query
    margin = other.place.certainty - standard.place.certainty
    return margin > 0 if in_query else margin >= 0
