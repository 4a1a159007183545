"""How many viewers an address may have; with a real replica it is in tests/web/test_guard.py."""

from services.stream.api.per_address_limit import PerAddressLimit


def test_the_addresses_of_one_ipv6_network_have_room_together() -> None:
    """One host can use any of 2⁶⁴ addresses."""
    limit = PerAddressLimit(2)
    limit.add("2001:db8::1")
    assert limit.has_room("2001:db8::2")
    limit.add("2001:db8::2")
    assert not limit.has_room("2001:db8::3")
    assert limit.has_room("2001:db8:0:1::1")
    limit.remove("2001:db8::1")
    assert limit.has_room("2001:db8::3")


def test_each_ipv4_address_has_room_of_its_own() -> None:
    """A household has one."""
    limit = PerAddressLimit(1)
    limit.add("10.0.0.1")
    assert not limit.has_room("10.0.0.1")
    assert limit.has_room("10.0.0.2")


def test_this_machine_is_not_limited_and_what_has_left_is_forgotten() -> None:
    """Nothing is kept for viewers that have left."""
    limit = PerAddressLimit(1)
    for address in ("127.0.0.1", "::1", ""):
        limit.add(address)
        assert limit.has_room(address)
        limit.remove(address)
    assert not limit._counts
