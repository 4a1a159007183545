"""No password, token or key is in any output."""

from collections.abc import Iterator

from faults.promises.breach import Breach
from faults.record import Record


class NoSecretShown:
    """Logs, answers over HTTP and process lists, in each spelling that a secret has in addresses and headers."""

    name = "no credential in any output"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for leak in record.leaks:
            yield Breach(self.name, leak.where, leak.at, f"{leak.secret} stands in {leak.where}")
