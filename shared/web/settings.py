"""The settings of access, which both HTTP services read, and the refusal to start unprotected by mistake."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from shared.access.settings import SECRETS, EnvironmentSecrets
from shared.bus.settings import BusClientSettings
from shared.errors import ConfigurationError
from shared.settings import Settings, mask_url, url_has_host
from shared.web.allowed_hosts import host_in

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_BASE_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_OURS: Final = frozenset(
    {
        "access",
        "api",
        "archive",
        "connect",
        "docs",
        "docs.css",
        "shared",
        "healthz",
        "login",
        "logout",
        "metrics",
        "openapi.json",
        "readyz",
        "redoc",
        "setup",
    }
    | {"snapshot", "state", "status", "stream"}
)
"""The first segments of our own paths: a base path of the same name would hide them."""
SIGN_ON_SECRET_HEADER: Final = "X-Sign-On-Secret"  # noqa: S105 the header's name
_HEADER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
"""Without an underscore: some servers take it for a hyphen, so a client could pass another header off as this one."""
_CLIENTS_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "cookie", "forwarded", "from", "host", "origin", "referer", "upgrade"}
    | {"user-agent", "via", "x-forwarded-for", "x-forwarded-proto"}
)


def _networks(value: object) -> object:
    return tuple(ip_network(one, strict=False) for one in _parts(value)) if isinstance(value, str) else value


def _addresses(value: object) -> object:
    return tuple(_single_address(one) for one in _parts(value)) if isinstance(value, str) else value


def _single_address(value: str) -> Address:
    """An address as `parsed_address` gives a client's. One without an interface, and none that means all of them."""
    address = ip_address(value)
    if "%" in value or address.is_unspecified or address.is_multicast:
        raise ValueError(value)
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _header_name(value: str) -> str:
    if _HEADER_NAME.fullmatch(value) is None or value.lower() in _CLIENTS_HEADERS:
        raise ValueError(value)
    return value


def _origins(value: object) -> object:
    return frozenset(_origin(one) for one in _parts(value)) if isinstance(value, str) else value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not url_has_host(value) or "@" in parts.netloc:
        raise ValueError(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(value)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _site(value: str) -> str:
    _site_hosts(value)
    return value


def _base_path(value: str) -> str:
    path = value.rstrip("/")
    if path and (_BASE_PATH.fullmatch(path) is None or path.split("/")[1] in _OURS):
        raise ValueError(value)
    return path


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


class WebSettings(EnvironmentSecrets, BusClientSettings):
    """Who may use the service, from where, and through which proxies."""

    access_secret: SecretStr | None = Field(
        None, min_length=16, max_length=256, description="text of 16 to 256 characters, the same for every service"
    )
    """Mixed into the keys that sign sessions and share links, so nobody can guess passwords from a link. The same at
    stream and archiver on every host. A changed one ends all sessions and links."""
    allow_anonymous: bool = Field(False, description="true or false")
    """Lets everybody in, to everything. Without this and without a password or token, a service that others could reach
    does not start."""
    publish_address: str | None = Field(None, description="an address of this host, such as 127.0.0.1 or 0.0.0.0")
    """The address of this host that the stack is published on. Where services bind themselves (no compose), STREAM_HOST
    and ARCHIVER_HOST count instead."""
    site_address: Annotated[str, AfterValidator(_site)] | None = Field(
        None, description="the address that people type, such as camera.example.org"
    )
    """The name that people type. With docker-compose.https.yml the gateway gets a certificate for it."""
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        (), description="addresses or networks separated by commas, such as 127.0.0.1,172.18.0.0/16"
    )
    """Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    sign_on_proxies: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(_addresses)] = Field(
        (), description="single addresses separated by commas, such as 127.0.0.1,172.18.0.5, and no network"
    )
    """Proxies that sign users on (Authelia, Authentik) and name them in a header. Set with SIGN_ON_SECRET. What
    TRUSTED_PROXIES names does not count here (docs/access.md)."""
    sign_on_header: Annotated[str, AfterValidator(_header_name)] = Field(
        "Remote-User", description="a header's name such as Remote-User, of letters, digits and -, that no client sends"
    )
    """The header in which they name the user."""
    sign_on_groups_header: Annotated[str, AfterValidator(_header_name)] = Field(
        "Remote-Groups",
        description="a header's name such as Remote-Groups, of letters, digits and -, that no client sends",
    )
    """The header in which they name the user's groups."""
    allowed_origins: Annotated[frozenset[str], NoDecode, BeforeValidator(_origins)] = Field(
        frozenset(), description="origins separated by commas, such as http://mainsail.local,http://localhost:3000"
    )
    """Pages from these origins may read everything that their visitor may, and write. Without a password, requests may
    also name us by these hosts, besides the names of the own network."""

    base_path: Annotated[str, AfterValidator(_base_path)] = Field(
        "",
        description=(
            "empty, or a path such as /cameras, of letters, digits, -, ., _ and ~, other than our own such as /api"
        ),
    )
    """The path that a proxy puts before all our addresses, and passes on."""

    @model_validator(mode="after")
    def _sign_on_is_whole(self) -> Self:
        if bool(self.sign_on_proxies) != (self.sign_on_secret is not None):
            raise ValueError("SIGN_ON_PROXIES and SIGN_ON_SECRET must be set both, or neither.")
        if self.sign_on_operators and not self.sign_on_proxies:
            raise ValueError("SIGN_ON_OPERATORS is set, so SIGN_ON_PROXIES and SIGN_ON_SECRET must be, too.")
        names = {self.sign_on_header.lower(), self.sign_on_groups_header.lower(), SIGN_ON_SECRET_HEADER.lower()}
        if len(names) < 3:  # noqa: PLR2004 there are three of them
            raise ValueError(f"SIGN_ON_HEADER, SIGN_ON_GROUPS_HEADER and {SIGN_ON_SECRET_HEADER} must differ.")
        return self

    @property
    def signs_on(self) -> bool:
        """Whether a proxy signs users on."""
        return self.sign_on_secret is not None

    @property
    def authenticates(self) -> bool:
        """Whether any password or token is set, or a proxy signs users on."""
        return self.signs_on or any(getattr(self, name) is not None for name in SECRETS)

    @property
    def named_hosts(self) -> frozenset[str]:
        """The hosts that SITE_ADDRESS and ALLOWED_ORIGINS name."""
        return frozenset(map(host_in, self.allowed_origins)) | _site_hosts(self.site_address or "")

    @property
    def site_origins(self) -> frozenset[str]:
        """The origins of the pages at SITE_ADDRESS: of HTTPS where it names no scheme, as for Caddy."""
        sites = (urlsplit(site if "://" in site else f"https://{site}") for site in _sites(self.site_address or ""))
        return frozenset(f"{site.scheme}://{site.netloc}" for site in sites if site.hostname)


def shown(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """Settings by their variables' names, for display: addresses without credentials and query.

    Raises:
        TypeError: one of `names` is a secret.
    """
    return {name.upper(): mask_url(_as_written(getattr(settings, name))) for name in names}


def _as_written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case tuple() | frozenset():
            return ",".join(sorted(map(str, value)))
        case SecretStr():
            raise TypeError("a secret is not shown")
        case _:
            return str(value)


def refuse_unprotected_access(settings: WebSettings, bind_setting: str, bind_address: str) -> bool:
    """Refuse to be reachable from other hosts without a password, unless ALLOW_ANONYMOUS says that it is wanted.

    With BUS_CONTROL nothing is refused, because the owner can set a password at the page, and until then others get
    nothing else. What is returned is whether that is so: others reach it, and the settings have no password.

    In compose the services bind all addresses of their container, and what counts is the address at which the host
    publishes them. So `PUBLISH_ADDRESS` decides when it is set, and `bind_address` when it is not.

    Raises:
        ConfigurationError: naming the setting that makes the service reachable.
    """
    if settings.authenticates or settings.allow_anonymous:
        return False
    name, address = bind_setting, bind_address
    if settings.publish_address is not None:
        name, address = "PUBLISH_ADDRESS", settings.publish_address
    if settings.site_address is not None and not all(map(is_loopback, _site_hosts(settings.site_address))):
        name, address = "SITE_ADDRESS", settings.site_address
    elif is_loopback(address):
        return False
    if settings.bus_control is not None:
        return True
    raise ConfigurationError(
        f"{name} is '{address}', which others can reach, and there is no password: set VIEWER_PASSWORD (and "
        "OPERATOR_PASSWORD for captures and deletions), or ALLOW_ANONYMOUS=true to let everybody in."
    )


def _site_hosts(site_addresses: str) -> frozenset[str]:
    """The hosts in SITE_ADDRESS, where Caddy allows several addresses, separated by commas or spaces.

    An address without a host (`:80`) adds none: the address that we bind decides then.
    """
    return frozenset(filter(None, map(host_in, _sites(site_addresses))))


def _sites(site_addresses: str) -> list[str]:
    return site_addresses.lower().replace(",", " ").split()


def is_loopback(host: str) -> bool:
    """Whether this name or address is this computer's alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
