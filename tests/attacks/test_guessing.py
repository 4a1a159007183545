"""Guesses at passwords, setup codes and tokens, from one address, from invented ones and from many real ones."""

import itertools
import random
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from services.ingest.access.guess_limit import FREE_IN_ALL, SECONDS_FOR_EACH
from shared.access.record_secret import digest_of, new_secret
from shared.access.throttle import FREE_FAILURES
from tests.attacks.conftest import Count
from tests.attacks.tally import Tally
from tests.support.asking import ask
from tests.support.owned_stack import ARCHIVE, DEVICES, OWNERS_ADDRESS, PASSWORD, Headers, OwnedStack
from tests.support.waiting import wait_until
from tests.web.support import basic, bearer

AT_ONCE: Final = 8
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LIKELY: Final = ("digging in the garden ", "Digging in the garden", "digging in the garde", "framecast", "operator")


def guesses() -> Iterator[str]:
    yield from LIKELY
    for number in itertools.count():
        yield f"letmein{number:04}"


def addresses(network: int) -> Iterator[str]:
    """Of 127.0.0.0/8, where each one is an address of this machine."""
    for number in itertools.count(1):
        yield f"127.{network}.{number // 250 % 250}.{number % 250 + 1}"


def under(invented: str) -> Headers:
    return {"X-Forwarded-For": invented, "X-Real-IP": invented, "Forwarded": f"for={invented}"}


def many(house: OwnedStack, tally: Tally, tries: Sequence[tuple[int, str, Headers, str]]) -> Counter[int]:
    """Guess a password at each (port, way, headers, address) at once with others; the statuses."""

    def guess(tried: tuple[tuple[int, str, Headers, str], str]) -> int:
        (port, way, headers, source), password = tried
        if way == "form":
            status = house.log_in(password, port=port, source=source).status
        else:
            path = ARCHIVE if port == house.archiver else DEVICES
            status = ask(port, "GET", path, headers | basic(password), source=source).status
        tally.attempt(f"{password} at {port} from {source or headers}", got_in=status in (200, 303))
        return status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(guess, zip(tries, guesses(), strict=False)))


def test_invented_addresses_give_one_address_no_more_guesses(
    house: OwnedStack, operator: Headers, count: Count
) -> None:
    """At both replicas and the archiver, by Basic and at the login page. No proxy is trusted here."""
    tally, began = count("passwords, under invented addresses"), time.monotonic()
    doors = [(port, way) for port in house.streams for way in ("form", "basic")] + [(house.archiver, "basic")]
    tries = [
        (port, way, under(f"203.0.113.{number}"), "127.66.0.1")
        for number, (port, way) in zip(range(200), itertools.cycle(doors), strict=False)
    ]
    statuses = many(house, tally, tries)
    seconds = time.monotonic() - began
    # Each of three processes has its own count of free guesses. After them the wait doubles, from 1 s on.
    assert statuses[401] <= 3 * (FREE_FAILURES + AT_ONCE + int(seconds).bit_length()), statuses
    assert statuses[429] > 100, statuses
    assert house.everywhere(operator) == {200}


def test_many_real_addresses_together_have_one_limit(house: OwnedStack, operator: Headers, count: Count) -> None:
    """Nobody else is kept out by it who was in: sessions go on. A login waits its turn."""
    tally, began = count("passwords, from many addresses"), time.monotonic()
    doors = [(port, way) for port in house.streams for way in ("form", "basic")] + [(house.archiver, "basic")]
    some = itertools.islice(addresses(1), 400)
    nothing: Headers = {}
    tries = [(port, way, nothing, source) for (port, way), source in zip(itertools.cycle(doors), some, strict=False)]
    statuses = many(house, tally, tries)
    allowed = FREE_IN_ALL + (time.monotonic() - began) / SECONDS_FOR_EACH + AT_ONCE
    assert statuses[401] <= allowed, statuses
    assert set(statuses) <= {401, 429, 503}, statuses
    assert house.everywhere(operator) == {200}
    assert house.operator(), "the owner's turn comes"


def test_a_setup_code_is_not_guessed_and_stays_good(house: OwnedStack, operator: Headers, count: Count) -> None:
    """Not even by somebody who has seen all of it but one digit. Tried at the page, and where a password is set."""
    tally, code, began = count("setup codes"), house.code(), time.monotonic()
    near = [code[:at] + digit + code[at + 1 :] for at in (0, 6, 13) for digit in DIGITS if digit != code[at]]
    chance = ["".join(random.choices(DIGITS, k=12)) for _ in range(100)]  # noqa: S311 an attacker's
    odd = ["", " ", "-" * 14, "0" * 64, "%00", "' OR 1=1 --", code[:-1], code[::-1], string.printable[:60]]

    def guess(tried: tuple[str, str]) -> int:
        guessed, source = tried
        body = {"password": "the attacker's own", "code": guessed}
        status = house.decide("PUT", "/passwords/operator", {}, body, source=source).status
        tally.attempt(f"code {guessed} from {source}, without a login", got_in=status != 401)
        status = house.set_up(guessed, "the attacker's own", source=source).status
        tally.attempt(f"code {guessed} from {source}", got_in=status == 200)
        return status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = Counter(pool.map(guess, zip([*near, *chance, *odd], addresses(2), strict=False)))
    assert set(statuses) <= {401, 422, 429, 503}, statuses
    assert statuses[401] <= FREE_IN_ALL + (time.monotonic() - began) / SECONDS_FOR_EACH + AT_ONCE, statuses
    assert house.everywhere(operator) == {200}
    wait_until(lambda: house.set_up(code, PASSWORD, source=OWNERS_ADDRESS).status == 200, "it is still good", 30)


def almost(secret: str, token_id: str) -> Iterator[str]:
    """What is nearly a token, or follows from what others may see of one."""
    others = random.Random(secret)  # noqa: S311 an attacker's
    for at in range(10, len(secret)):
        yield secret[:at] + others.choice([one for one in DIGITS if one != secret[at]]) + secret[at + 1 :]
    digest = digest_of(secret)
    yield from (secret[:-1], secret + "A", secret.upper(), secret.lower(), secret.removeprefix("framecast_"))
    yield from (digest, f"framecast_{digest}", token_id, f"framecast_{token_id}", f"{secret}=")
    yield from (f"FRAMECAST_{secret[10:]}", secret.replace("_", "-", 1), "framecast_" + "A" * 43, "framecast_", "None")
    for _ in range(40):
        yield new_secret()


def test_a_token_is_not_guessed_in_any_place(house: OwnedStack, operator: Headers, count: Count) -> None:
    """Each attempt has an address of its own, so that none is refused for the others."""
    token = house.make_token(operator)
    tally, sources = count("tokens"), addresses(3)
    doors = ((house.streams[0], DEVICES), (house.streams[1], "/api/camera/stream"), (house.archiver, ARCHIVE))
    places: dict[str, Callable[[str], tuple[str, Headers]]] = {
        "Bearer": lambda guessed: ("", bearer(guessed)),
        "Basic": lambda guessed: ("", basic(guessed)),
        "cookie": lambda guessed: ("", {"Cookie": f"framecast_session={guessed}"}),
        "token": lambda guessed: (f"?token={guessed}", {}),
        "link": lambda guessed: (f"?link={guessed}", {}),
    }
    for guessed in almost(token["secret"], token["id"]):
        if guessed == token["secret"]:  # one without an underscore to replace
            continue
        for place, shown in places.items():
            query, headers = shown(guessed)
            for port, path in doors:
                status = ask(port, "GET", path + query, headers, source=next(sources)).status
                tally.attempt(f"{guessed} as {place}", got_in=status not in (401, 429, 503))
    assert house.everywhere(bearer(token["secret"])) == {200}


@pytest.mark.parametrize("place", ["/login", "/api/devices"])
def test_a_guess_that_is_right_by_chance_tells_nothing_while_the_client_waits(
    house: OwnedStack, operator: Headers, count: Count, place: str
) -> None:
    """After too many wrong ones the right one is not looked at."""
    tally, source = count("right passwords, while the client must wait"), f"127.77.0.{len(place)}"
    statuses = []
    for guessed in itertools.islice(guesses(), 30):
        status = guess_at(house, place, guessed, source)
        statuses.append(status)
        if status == 429:
            right = guess_at(house, place, PASSWORD, source)
            if right != 429:  # the wait, of one second at first, was over
                continue
            tally.attempt("the right one", got_in=False)
            break
    assert 429 in statuses
    assert tally.count
    assert house.everywhere(operator) <= {200, 401}


def guess_at(house: OwnedStack, place: str, password: str, source: str) -> int:
    if place == "/login":
        return house.log_in(password, source=source).status
    return house.status_of(basic(password), path=place, source=source)
