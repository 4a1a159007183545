"""Cuts and losses on the lab's own network, by nftables: it has a network of its own, so no rule reaches further."""

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_TO_THE_PORT: Final = ("dport",)
_BOTH_WAYS: Final = ("dport", "sport")
_numbers: Final = itertools.count()


@contextmanager
def cut(port: int) -> Iterator[None]:
    """No packet to or from the TCP port arrives within the block."""
    with _rules(_BOTH_WAYS, port, "drop"):
        yield


@contextmanager
def refused(port: int) -> Iterator[None]:
    """The port answers everything with a reset, as a host does on which nothing listens any more. The reset itself must
    pass.
    """
    with _rules(_TO_THE_PORT, port, "reject with tcp reset"):
        yield


@contextmanager
def lossy(port: int, percent: int) -> Iterator[None]:
    """This share of the packets to and from the port is lost, at random."""
    with _rules(_BOTH_WAYS, port, f"numgen random mod 100 < {percent} drop"):
        yield


@contextmanager
def _rules(ends: tuple[str, ...], port: int, verdict: str) -> Iterator[None]:
    table = f"lab{next(_numbers)}"
    _nft(f"add table inet {table}")
    try:
        _nft(f"add chain inet {table} in {{ type filter hook input priority 0 ; }}")
        for end in ends:
            _nft(f"add rule inet {table} in tcp {end} {port} {verdict}")
        yield
    finally:
        _nft(f"delete table inet {table}")


def _nft(command: str) -> None:
    subprocess.run(["nft", command], check=True, capture_output=True)
