"""Names of hosts: which one an address holds, and which we answer to while nobody needs a password.

The name server of a stranger's domain can lead it to us (DNS rebinding), and his page then counts as ours.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_NOT_TO_BE_HAD: Final = (".localhost", ".local", ".lan", ".home.arpa", ".internal", ".localdomain")
"""Below these nobody can register a name."""
_HARMLESS: Final = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?")


def host_in(address: str) -> str:
    """The host of an address with or without scheme and port, in lower case; empty when it has none.

    Raises:
        ValueError: that is no address.
    """
    return (urlsplit(address if "://" in address else f"//{address}").hostname or "").removesuffix(".")


def is_answered_to(host: str, named: Collection[str]) -> bool:
    """Whether no stranger can have brought a request with this `Host`: an address, a name of this network, or one of
    those `named`. A request without any comes from no browser.
    """
    if not host:
        return True
    try:
        name = host_in(host)
    except ValueError:
        return False
    is_of_this_network = "." not in name or name.endswith(_NOT_TO_BE_HAD)
    return name != "" and (is_of_this_network or name in named or _is_address(name))


def why_not(host: str) -> str:
    """What to do about a `Host` that is not answered to. A name is repeated only if it can do no harm."""
    shown = host if _HARMLESS.fullmatch(host) else "HOST"
    return (
        "Without a password this server answers only to addresses and to names of its own network: "
        f"name http://{shown} in ALLOWED_ORIGINS, or set a password."
    )


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
