"""How the lab's viewers come in: a replica's address, and the token that it wants."""

import http.client
from dataclasses import dataclass
from typing import Final

VIEWER_TOKEN: Final = "Zuschauer-7f3b-Kennwort"  # noqa: S105 of the lab's own stack
OPERATOR_TOKEN: Final = "Gaertner-91aa-Kennwort"  # noqa: S105 a secret of the lab's own
ANSWER_SECONDS: Final = 2.5


@dataclass(frozen=True, slots=True)
class Door:
    """One replica of stream. `label` is its name in the lab."""

    label: str
    port: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {VIEWER_TOKEN}"}

    def connection(self, timeout_seconds: float = ANSWER_SECONDS) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_seconds)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError or HTTPException when there is no whole answer in time."""
        connection = self.connection()
        try:
            connection.request("GET", path, headers=self.headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
