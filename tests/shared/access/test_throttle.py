"""Guessing is slowed by address; all other addresses are served at once."""

import pytest

from shared.access.throttle import (
    FORGET_SECONDS,
    FREE_FAILURES,
    FREE_SITE_FAILURES,
    MAX_ADDRESSES,
    LoginThrottle,
)
from shared.web.access.authenticator import Authenticator, TooManyAttemptsError, WrongSecretError
from shared.web.access.roles import Role
from tests.web.support import VIEWER, FakeTime, web_settings

ADDRESS, OTHER = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def throttle(time: FakeTime) -> LoginThrottle:
    return LoginThrottle(time.clock.monotonic)


def guess(throttle: LoginThrottle, count: int, address: str = ADDRESS) -> None:
    for number in range(count):
        throttle.failed(address, f"{address} guess {number}")


def test_attempts_are_forgotten_and_their_count_is_not(throttle: LoginThrottle) -> None:
    """After a new password: one that was wrong may be right, and a guesser has no five more."""
    guess(throttle, FREE_FAILURES)
    assert throttle.has_failed(ADDRESS, f"{ADDRESS} guess 0")
    throttle.forget_attempts()
    assert not throttle.has_failed(ADDRESS, f"{ADDRESS} guess 0")
    assert throttle.wait_seconds(ADDRESS) > 0


def test_secrets_that_are_being_judged_take_the_places_of_wrong_ones(throttle: LoginThrottle, time: FakeTime) -> None:
    for number in range(FREE_FAILURES):
        assert throttle.wait_seconds(ADDRESS) == 0
        throttle.begin(ADDRESS, f"guess {number}")
        throttle.begin(ADDRESS, f"guess {number}")
    time.seconds += FORGET_SECONDS + 1
    assert throttle.wait_seconds(ADDRESS) > 0
    assert throttle.wait_seconds(OTHER) == 0
    for number in range(FREE_FAILURES):
        throttle.end(ADDRESS, f"guess {number}")
    assert throttle.wait_seconds(ADDRESS) == 0, "they were right"


def test_after_five_wrong_ones_each_costs_twice_the_wait_up_to_a_minute(
    throttle: LoginThrottle, time: FakeTime
) -> None:
    """A person's typing errors cost nothing; a dictionary takes years."""
    guess(throttle, FREE_FAILURES - 1)
    waits = []
    for number in range(9):
        waits.append(throttle.wait_seconds(ADDRESS))
        time.seconds += waits[-1]
        assert throttle.wait_seconds(ADDRESS) == 0
        throttle.failed(ADDRESS, f"another {number}")
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_another_address_does_not_wait(throttle: LoginThrottle) -> None:
    """Guessing slows the guesser alone."""
    guess(throttle, 50)
    assert throttle.wait_seconds(ADDRESS) > 0
    assert throttle.wait_seconds(OTHER) == 0


def test_the_addresses_of_one_ipv6_network_count_as_one(throttle: LoginThrottle) -> None:
    """One host can use any of 2⁶⁴ addresses."""
    for number in range(FREE_FAILURES):
        throttle.failed(f"2001:db8::{number + 1:x}", f"guess {number}")
    assert throttle.wait_seconds("2001:db8::ffff") > 0
    assert throttle.wait_seconds("2001:db8:0:1::1") == 0


def test_the_networks_of_one_ipv6_site_count_together_with_a_larger_allowance(throttle: LoginThrottle) -> None:
    """A customer has up to 65,536 networks of /64. Neighbours may share the /48, so typing errors must not add up."""
    for number in range(FREE_SITE_FAILURES):
        assert throttle.wait_seconds(f"2001:db8:0:{number:x}::1") == 0
        throttle.failed(f"2001:db8:0:{number:x}::1", f"guess {number}")
    assert throttle.wait_seconds("2001:db8:0:ffff::1") > 0
    assert throttle.wait_seconds("2001:db8:1::1") == 0


def test_one_client_in_other_spellings_is_one_client(throttle: LoginThrottle) -> None:
    """An IPv4 address as IPv6 shows it, and any zone."""
    for number in range(FREE_FAILURES):
        throttle.failed(f"fe80::1%{number}", f"guess {number}")
        throttle.failed("::ffff:10.0.0.1", f"guess {number}")
    assert throttle.wait_seconds("fe80::1%eth0") > 0
    assert throttle.wait_seconds("10.0.0.1") > 0
    assert throttle.wait_seconds("::ffff:10.0.0.2") == 0


def test_it_is_forgotten_after_a_quarter_of_an_hour(throttle: LoginThrottle, time: FakeTime) -> None:
    """No address is marked for ever."""
    guess(throttle, 20)
    time.seconds += FORGET_SECONDS + 1
    assert throttle.wait_seconds(ADDRESS) == 0


def test_it_remembers_a_bounded_number_of_addresses(throttle: LoginThrottle) -> None:
    """A network full of guessers fills no memory."""
    for number in range(MAX_ADDRESSES + 100):
        throttle.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "guess")
        throttle.failed(f"2001:db8:{number:x}::1", "guess")
    assert len(throttle._records) == MAX_ADDRESSES


def test_the_right_password_waits_too_and_then_is_taken(time: FakeTime) -> None:
    """Otherwise the answer would tell which guess was right."""
    authenticator = Authenticator(web_settings(viewer_password=VIEWER), time.clock)
    for number in range(FREE_FAILURES):
        with pytest.raises(WrongSecretError):
            authenticator.role_of_secret(f"guess {number}", ADDRESS)
    with pytest.raises(TooManyAttemptsError, match="Try again in 1 s"):
        authenticator.role_of_secret(VIEWER, ADDRESS)
    assert authenticator.role_of_secret(VIEWER, OTHER) is Role.VIEWER
    time.seconds += 1
    assert authenticator.role_of_secret(VIEWER, ADDRESS) is Role.VIEWER


def test_a_program_with_an_old_password_locks_nobody_out(time: FakeTime) -> None:
    """It tries the same password for ever, which is no guessing."""
    authenticator = Authenticator(web_settings(viewer_password=VIEWER), time.clock)
    for _ in range(1000):
        with pytest.raises(WrongSecretError):
            authenticator.role_of_secret("the old password", ADDRESS)
    assert authenticator.role_of_secret(VIEWER, ADDRESS) is Role.VIEWER
