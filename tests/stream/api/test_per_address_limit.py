"""How many viewers an address may have; with a real replica it is in tests/web/test_guard.py."""

from services.stream.api.per_address_limit import Crowd


def test_the_addresses_of_one_ipv6_network_have_room_together() -> None:
    """Any host has 2⁶⁴ of them."""
    crowd = Crowd(2)
    crowd.enter("2001:db8::1")
    assert crowd.has_room("2001:db8::2")
    crowd.enter("2001:db8::2")
    assert not crowd.has_room("2001:db8::3")
    assert crowd.has_room("2001:db8:0:1::1")
    crowd.leave("2001:db8::1")
    assert crowd.has_room("2001:db8::3")


def test_each_ipv4_address_has_room_of_its_own() -> None:
    """A household has one."""
    crowd = Crowd(1)
    crowd.enter("10.0.0.1")
    assert not crowd.has_room("10.0.0.1")
    assert crowd.has_room("10.0.0.2")


def test_this_machine_is_not_limited_and_what_has_left_is_forgotten() -> None:
    """Nothing is kept for those who are gone."""
    crowd = Crowd(1)
    for address in ("127.0.0.1", "::1", ""):
        crowd.enter(address)
        assert crowd.has_room(address)
        crowd.leave(address)
    assert not crowd._counts
