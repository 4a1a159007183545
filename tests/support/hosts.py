"""Two hosts and the link between them, for the time of a `with` block: network namespaces of this machine.

Needs root and iproute2. The addresses are from the network that is reserved for tests (198.18.0.0/15). Nothing else can
be reached from inside a namespace, and this machine's own routes are not changed.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def missing_host_parts() -> str | None:
    """Why no hosts can be made here; None when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in ("ip", "tc", "iptables-legacy", "nft") if shutil.which(program) is None]
    return f"{missing[0]} is not installed: apt-get install iproute2 iptables nftables" if missing else None


@dataclass(frozen=True, slots=True)
class Host:
    """`link_address` is its one of IPv6, which only neighbours know; empty where it has none that lasts."""

    namespace: str
    address: str
    link_address: str = ""

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within the block, sockets that this thread makes and processes that it starts belong to this host."""
        with Path("/proc/thread-self/ns/net").open("rb") as before:
            with Path("/run/netns", self.namespace).open("rb") as namespace:
                _enter(namespace.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def lose(self, share: float) -> None:
        """Drop this share of all incoming UDP packets from now on, at random."""
        rule = f"-A INPUT -p udp -m statistic --mode random --probability {share} -j DROP"
        self._run(f"iptables-legacy {rule}")

    def throttle(self, rate: str) -> None:
        """Limit all of loopback to `rate`, in tc's notation."""
        self._run(f"tc qdisc replace dev lo root tbf rate {rate} burst 16kb latency 200ms")

    def unthrottle(self) -> None:
        self._run("tc qdisc delete dev lo root")

    def _run(self, command: str) -> None:
        with self.inside():
            subprocess.run(command.split(), check=True)

    def set_link(self, state: str) -> None:
        """`up` or `down`."""
        _ip(f"-n {self.namespace} link set wire {state}")


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    tag = os.getpid() % 100_000
    hosts = Host(f"fca{tag}", "198.18.78.1"), Host(f"fcb{tag}", "198.18.78.2")
    try:
        for host in hosts:
            _ip(f"netns add {host.namespace}")
            _ip(f"-n {host.namespace} link set lo up")
        _ip(f"-n {hosts[0].namespace} link add name wire type veth peer name wire netns {hosts[1].namespace}")
        for host in hosts:
            _ip(f"-n {host.namespace} address add {host.address}/30 dev wire")
            host.set_link("up")
        yield hosts
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "delete", host.namespace], check=False, capture_output=True)


@contextmanager
def host_alone() -> Iterator[Host]:
    """A host without a link. Programs on it meet on its own loopback, which may be made as bad as a test needs."""
    host = Host(f"fcc{os.getpid() % 100_000}", "127.0.0.1")
    try:
        _ip(f"netns add {host.namespace}")
        _ip(f"-n {host.namespace} link set lo up")
        yield host
    finally:
        subprocess.run(["ip", "netns", "delete", host.namespace], check=False, capture_output=True)


@contextmanager
def hosts_on_a_switch(count: int) -> Iterator[list[Host]]:
    """Hosts on one network, 198.18.80.0/24 and fe80::/64, where multicast reaches all of them.

    The switch is a namespace, too: this machine's packet filter would look at what a bridge of its own passes on.
    """
    tag = os.getpid() % 100_000
    switch = f"fcs{tag}"
    hosts = [Host(f"fce{tag}x{number}", f"198.18.80.{number}", f"fe80::80:{number}") for number in range(1, count + 1)]
    try:
        _ip(f"netns add {switch}")
        _ip(f"-n {switch} link add bridge type bridge mcast_snooping 0")
        _ip(f"-n {switch} link set bridge up")
        for number, host in enumerate(hosts):
            _ip(f"netns add {host.namespace}")
            _ip(f"-n {host.namespace} link set lo up")
            _ip(f"-n {switch} link add port{number} type veth peer name wire netns {host.namespace}")
            _ip(f"-n {switch} link set port{number} master bridge up")
            _ip(f"-n {host.namespace} address add {host.address}/24 dev wire")
            _ip(f"-n {host.namespace} link set dev wire addrgenmode none")
            host.set_link("up")
            _ip(f"-n {host.namespace} address add {host.link_address}/64 dev wire nodad")
        yield hosts
    finally:
        for namespace in (*(host.namespace for host in hosts), switch):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


@contextmanager
def guest() -> Iterator[tuple[Host, str]]:
    """A host with a link to this machine, and this machine's address at the other end of it."""
    tag = os.getpid() % 100_000
    host, here = Host(f"fcd{tag}", "198.18.79.2"), "198.18.79.1"
    try:
        _ip(f"netns add {host.namespace}")
        _ip(f"link add fcw{tag} type veth peer name wire netns {host.namespace}")
        _ip(f"address add {here}/30 dev fcw{tag}")
        _ip(f"link set fcw{tag} up")
        _ip(f"-n {host.namespace} address add {host.address}/30 dev wire")
        host.set_link("up")
        yield host, here
    finally:
        subprocess.run(["ip", "netns", "delete", host.namespace], check=False, capture_output=True)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)
