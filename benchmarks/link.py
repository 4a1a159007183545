"""A slow link on this machine: a viewer's network namespace behind a router's, with the rate limited at the router.

    here ── veth ── router ── veth (tbf) ── viewer

The router is there so that the limit is met as on a real path: by packets that queue and are lost on the way, not by a
queue that the sender's own kernel watches. Needs root, iproute2 and nothing else; everything goes with the namespaces.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

QUEUE_MILLISECONDS: Final = 150
"""How much a packet may wait at the router, as in a home's uplink that is neither bloated nor starved."""


@dataclass(frozen=True, slots=True)
class Link:
    """`server_address` is this side's, as the viewer reaches it; `prefix` runs a command at the viewer's side."""

    server_address: str
    prefix: tuple[str, ...]


def bits_per_second(rate: str) -> int:
    """`150KB/s` or `20Mbit/s`."""
    for unit, bits in (("KB/s", 8_000), ("Mbit/s", 1_000_000)):
        if rate.endswith(unit):
            return round(float(rate.removesuffix(unit)) * bits)
    raise ValueError(f"{rate!r} is not like 150KB/s or 20Mbit/s")


def missing_link_parts() -> str | None:
    """Why no link can be made here; None when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        subprocess.run(["tc", "-V"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "tc is missing: apt-get install iproute2"
    return None


@contextmanager
def slow_link(rate: str) -> Iterator[Link]:
    """A link that carries `rate` towards the viewer, and anything back."""
    tag = os.getpid() % 100_000
    router, viewer = f"fcr{tag}", f"fcv{tag}"
    # TEST-NET-2 and -3 (RFC 5737): nobody's networks.
    here, near, far, there = "198.51.100.1", "198.51.100.2", "203.0.113.1", "203.0.113.2"
    bits = bits_per_second(rate)
    burst = max(2 * 1514, bits // 8 // 100)
    _ip(f"netns add {router}")
    try:
        _ip(f"netns add {viewer}")
        _ip(f"link add fch{tag} type veth peer name upward netns {router}")
        _ip(f"-n {router} link add downward type veth peer name upward netns {viewer}")
        _ip(f"address add {here}/24 dev fch{tag}")
        _ip(f"link set fch{tag} up")
        _ip(f"route add 203.0.113.0/24 via {near}")
        for namespace, device, address in (
            (router, "upward", near),
            (router, "downward", far),
            (viewer, "upward", there),
        ):
            _ip(f"-n {namespace} address add {address}/24 dev {device}")
            _ip(f"-n {namespace} link set {device} up")
        _ip(f"-n {viewer} route add default via {far}")
        _ip(f"netns exec {router} sysctl -qw net.ipv4.ip_forward=1")
        limit = f"tbf rate {bits}bit burst {burst} latency {QUEUE_MILLISECONDS}ms"
        _ip(f"netns exec {router} tc qdisc add dev downward root {limit}")
        yield Link(here, ("ip", "netns", "exec", viewer))
    finally:
        for namespace in (viewer, router):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)
