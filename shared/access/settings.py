"""The passwords and tokens of the environment, which ingest and the HTTP services read alike."""

import re
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from shared.settings import Settings

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256
SECRETS: Final = ("viewer_password", "operator_password", "viewer_token", "operator_token")
GROUP: Final = "group:"
"""Before the name of a group, where users are named, too."""
_PASSWORD: Final[dict[str, Any]] = {
    "min_length": SHORTEST_PASSWORD,
    "max_length": LONGEST_PASSWORD,
    "description": "text of 8 to 256 characters, different from every other password and token",
}
_TOKEN: Final[dict[str, Any]] = {
    "min_length": 16,
    "max_length": 256,
    "description": "text of 16 to 256 characters, different from every other password and token",
}
_VISIBLE: Final = re.compile(r"[!-~]{16,256}")


def _users_and_groups(value: object) -> object:
    if not isinstance(value, str):
        return value
    return frozenset(_user_or_group(one.strip()) for one in value.split(",") if one.strip())


def _user_or_group(value: str) -> str:
    if not value.removeprefix(GROUP).strip():
        raise ValueError(value)
    return value


def _header_value(value: SecretStr) -> SecretStr:
    if _VISIBLE.fullmatch(value.get_secret_value()) is None:
        raise ValueError
    return value


class EnvironmentSecrets(Settings):
    """The secrets that the environment sets. Each wins over what the owner sets at the page for the same role."""

    viewer_password: SecretStr | None = Field(None, **_PASSWORD)
    """Lets people look: streams, archive, share links for a day (docs/access.md)."""
    operator_password: SecretStr | None = Field(None, **_PASSWORD)
    """Lets people look, and also capture, delete and render."""
    viewer_token: SecretStr | None = Field(None, **_TOKEN)
    """Lets programs look."""
    operator_token: SecretStr | None = Field(None, **_TOKEN)
    """Lets programs look, and also capture, delete and render."""
    sign_on_secret: Annotated[SecretStr, AfterValidator(_header_value)] | None = Field(
        None, description="text of 16 to 256 ASCII characters without spaces, different from every password and token"
    )
    """What the proxies of SIGN_ON_PROXIES send in `X-Sign-On-Secret` with each request. The same at every service on
    every host. A changed one ends all sessions and links."""
    sign_on_operators: Annotated[frozenset[str], NoDecode, BeforeValidator(_users_and_groups)] = Field(
        frozenset(), description="names separated by commas, and of groups with group: before them"
    )
    """The users who are operators, such as `alice,group:admins`. All others whom a proxy signs on are viewers."""

    @model_validator(mode="after")
    def _secrets_differ(self) -> Self:
        own = (*SECRETS, "sign_on_secret")
        given = [secret.get_secret_value() for name in own if (secret := getattr(self, name)) is not None]
        if len(set(given)) < len(given):
            names = ", ".join(name.upper() for name in own)
            raise ValueError(f"Two of {names} are the same: each must be a secret of its own.")
        return self
