"""The host names that are answered to while no password is set, and to users whom a proxy signs on: a protection
against DNS rebinding. Pure.

An attacker's domain can resolve to our address. A browser then takes the attacker's page for one of ours, and lets it
read our answers. The name in the `Host` header gives it away.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from shared.web.texts import host_not_allowed, host_not_signed_on

_PRIVATE_DOMAINS: Final = (".localhost", ".local", ".lan", ".home.arpa", ".internal", ".localdomain")
"""Nobody can register a name below these."""
_HARMLESS: Final = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?")


def host_in(address: str) -> str:
    """The host of an address with or without scheme and port, in lower case; empty when it has none.

    Raises:
        ValueError: it is no address.
    """
    return (urlsplit(address if "://" in address else f"//{address}").hostname or "").removesuffix(".")


def is_allowed_host(host: str, named: Collection[str]) -> bool:
    """Whether the header `Host` can't come from an attacker's domain.

    So it is with an IP address, a name of the local network, one of those `named`, and with no header at all: every
    browser sends one.
    """
    if not host:
        return True
    try:
        name = host_in(host)
    except ValueError:
        return False
    is_of_this_network = "." not in name or name.endswith(_PRIVATE_DOMAINS)
    return name != "" and (is_of_this_network or name in named or _is_address(name))


def host_refusal(host: str, *, is_signed_on: bool = False) -> str:
    """The sentence for a `Host` that is not allowed. It repeats the name only if that is harmless to show."""
    shown = host if _HARMLESS.fullmatch(host) else "HOST"
    return host_not_signed_on(shown) if is_signed_on else host_not_allowed(shown)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
