"""How a network camera is reached: one value for every reader. Pure.

Credentials travel beside the address. Only the reader that sends them puts them into the form its protocol wants.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from services.ingest.sources.secret_mask import masked
from shared.settings import DEFAULT_MAX_PIXELS
from shared.url_masking import login_in_path

SHORTEST_WORD: Final = 4
"""A shorter value in an address, such as a channel's number, stands for too much else."""
_NAMED: Final = re.compile(r"[\w-]+=([^&/_;?#]+)")
Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """`url` holds no credentials; `username` and `password` are as a person typed them, empty for none.

    `stall_seconds` is how long the camera may send no picture, `max_pixels` how large one may be.
    """

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    transport: Transport = "tcp"
    ca_file: Path | None = None
    verify_tls: bool = True
    stall_seconds: float = 5.0
    max_pixels: int = DEFAULT_MAX_PIXELS

    def masked(self, text: str) -> str:
        """`text`, which is not ours, without the user name and the password, in any form in which they are sent, and
        without what the address may hold: its query, a login in its path, and words like `password=`."""
        query = self.url.partition("?")[2]
        named = (word for word in _NAMED.findall(self.url) if len(word) >= SHORTEST_WORD)
        return masked(text, self.username, self.password, (query, login_in_path(self.url), *named))
