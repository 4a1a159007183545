"""A slow network on this machine: a viewer's network namespace behind a router's. The router limits the rate.

    here ── veth ── router ── veth (tbf) ── viewer

With a router, packets queue and get lost on the way, as on a real path. Without one they would queue in the sender's
own kernel, which would notice. Needs only root and iproute2; all of it disappears with the namespaces.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

QUEUE_MILLISECONDS: Final = 150
"""The longest wait of a packet at the router: like a home uplink with a buffer neither too large nor too small."""
NETWORK_BEHIND: Final = "198.18.77.4/30"


@dataclass(frozen=True, slots=True)
class SlowNetwork:
    """`server_address` is this side's address for the viewer. `prefix` runs a command at the viewer's side."""

    server_address: str
    prefix: tuple[str, ...]


def bits_per_second(rate: str) -> int:
    """Parse `150KB/s` or `20Mbit/s`. Raises ValueError for anything else."""
    for unit, bits in (("KB/s", 8_000), ("Mbit/s", 1_000_000)):
        if rate.endswith(unit):
            return round(float(rate.removesuffix(unit)) * bits)
    raise ValueError(f"{rate!r} is not like 150KB/s or 20Mbit/s")


def missing_network_parts() -> str | None:
    """The reason why no network can be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        subprocess.run(["tc", "-V"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "tc is missing: apt-get install iproute2"
    return None


def refuse_taken_network() -> None:
    """Exit before any change if this machine already has a route into the network that we use."""
    routes = subprocess.run(["ip", "route"], check=True, capture_output=True, text=True).stdout
    if any(line.startswith("198.18.") for line in routes.splitlines()):
        raise SystemExit(
            "another benchmark is running, or this machine uses 198.18.0.0/15: see `ip route` and `ip netns`"
        )


@contextmanager
def slow_network(rate: str, namespace: str | None = None) -> Iterator[SlowNetwork]:
    """A network that carries `rate` towards the viewer and is not limited the other way.

    Its near end is in `namespace`, or in this one.
    """
    tag = os.getpid() % 100_000
    router, viewer = f"fcr{tag}", f"fcv{tag}"
    # Two small parts of the network reserved for benchmarks (RFC 2544), so that they hide no other route.
    here, near, far, there = "198.18.77.1", "198.18.77.2", "198.18.77.5", "198.18.77.6"
    if namespace is None:
        refuse_taken_network()
    bits = bits_per_second(rate)
    burst = max(2 * 1514, bits // 8 // 100)
    _ip(f"netns add {router}")
    try:
        _ip(f"netns add {viewer}")
        at_near_end = "" if namespace is None else f"-n {namespace} "
        _ip(f"{at_near_end}link add fch{tag} type veth peer name upward netns {router}")
        _ip(f"-n {router} link add downward type veth peer name upward netns {viewer}")
        _ip(f"{at_near_end}address add {here}/30 dev fch{tag}")
        _ip(f"{at_near_end}link set fch{tag} up")
        _ip(f"{at_near_end}route add {NETWORK_BEHIND} via {near}")
        for place, device, address in (
            (router, "upward", near),
            (router, "downward", far),
            (viewer, "upward", there),
        ):
            _ip(f"-n {place} address add {address}/30 dev {device}")
            _ip(f"-n {place} link set {device} up")
        _ip(f"-n {viewer} route add default via {far}")
        _ip(f"netns exec {router} sysctl -qw net.ipv4.ip_forward=1")
        limit = f"tbf rate {bits}bit burst {burst} latency {QUEUE_MILLISECONDS}ms"
        _ip(f"netns exec {router} tc qdisc add dev downward root {limit}")
        yield SlowNetwork(here, ("ip", "netns", "exec", viewer))
    finally:
        for place in (viewer, router):
            subprocess.run(["ip", "netns", "delete", place], check=False, capture_output=True)


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)
