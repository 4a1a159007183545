"""How a network camera is reached: one value for every reader. Pure.

Credentials travel beside the address. Only the reader that sends them puts them into the form its protocol wants.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from shared.url_masking import login_in_path

Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """`url` holds no credentials; `username` and `password` are as a person typed them, empty for none.

    `stall_seconds` is how long the camera may send no picture.
    """

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    transport: Transport = "tcp"
    ca_file: Path | None = None
    verify_tls: bool = True
    stall_seconds: float = 5.0

    def masked(self, text: str) -> str:
        """`text` without the user name and the password, in any form in which they are sent, and without what may be
        secret in the address: its query, and a login in its path."""
        pair = f"{self.username}:{self.password}"
        of_address = {self.url.partition("?")[2], login_in_path(self.url)}
        plain = {self.username, self.password, *of_address, *((pair,) if self.password else ())}
        encoded = {
            form for one in plain for form in (quote(one, safe=""), quote(one), repr(one)[1:-1], json.dumps(one)[1:-1])
        }
        encoded.add(b64encode(pair.encode()).decode())
        secrets = sorted((plain | encoded) - {""}, key=len, reverse=True)
        # In one pass: what stands for a secret must not be searched for another.
        return re.sub("|".join(map(re.escape, secrets)), "***", text, flags=re.IGNORECASE) if secrets else text
