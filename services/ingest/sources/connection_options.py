"""How a network camera is reached: one value for every reader. Pure.

Credentials travel beside the address. Only the reader that sends them puts them into the form its protocol wants.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import unquote

from services.ingest.sources.secret_mask import masked
from shared.settings import DEFAULT_MAX_PIXELS

SHORTEST_WORD: Final = 4
"""A shorter value in an address, such as a channel's number, stands for too much else."""
_NAMED: Final = re.compile(r"[\w-]+=([^&/_;?#]+)")
Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """`url` holds no credentials; `username` and `password` are as a person typed them, empty for none.

    `stall_seconds` is how long the camera may send no picture, `max_pixels` how large one may be. `open_seconds` is how
    long it may take to answer, and then to send its first packet.
    """

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    transport: Transport = "tcp"
    ca_file: Path | None = None
    verify_tls: bool = True
    stall_seconds: float = 5.0
    max_pixels: int = DEFAULT_MAX_PIXELS
    open_seconds: float = 15.0

    @classmethod
    def parse(  # noqa: PLR0913 a value's fields, each by name
        cls,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        transport: Transport = "tcp",
        ca_file: Path | None = None,
        verify_tls: bool = True,
        stall_seconds: float = 5.0,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        open_seconds: float = 15.0,
    ) -> Self:
        """Set the credentials in `url` aside. They are percent-encoded; those beside it are not, and come first."""
        scheme, separator, rest = url.partition("://")
        # Only the host's part has an @ that means something; before it anything may stand that a password may hold.
        end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
        userinfo, _, place = rest[:end].rpartition("@")
        name, _, word = userinfo.partition(":")
        return cls(
            f"{scheme}{separator}{place}{rest[end:]}",
            unquote(name) if username is None else username,
            unquote(word) if password is None else password,
            transport,
            ca_file,
            verify_tls,
            stall_seconds,
            max_pixels,
            open_seconds,
        )

    @property
    def has_login(self) -> bool:
        return bool(self.username or self.password)

    @property
    def is_encrypted(self) -> bool:
        return self.url.lower().startswith(("rtsps:", "https:"))

    def masked(self, text: str) -> str:
        """`text`, which is not ours, without the user name and the password, in any form in which they are sent, and
        without what the address may hold: its query, and words like `password=` in its path."""
        query = self.url.partition("?")[2]
        named = (word for word in _NAMED.findall(self.url) if len(word) >= SHORTEST_WORD)
        return masked(text, self.username, self.password, (query, *named))
