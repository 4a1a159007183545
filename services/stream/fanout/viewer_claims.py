"""A replica's viewer counts, stated on the bus as subscriptions. Ingest adds up the claims of all replicas."""

from collections import Counter

from services.stream.fanout.feeds import Bus
from shared.bus.topics import ViewersClaim


class ViewerClaims:
    """At most one claim per camera; a camera without viewers has none."""

    def __init__(self, bus: Bus, replica: str) -> None:
        self._bus = bus
        self._replica = replica
        self._claims: dict[str, ViewersClaim] = {}

    def update(self, counts: Counter[str]) -> None:
        """State the viewers by camera. A new claim goes out before the old one goes, so ingest never sees none."""
        for key in counts.keys() | self._claims.keys():
            claimed, claim = self._claims.get(key), ViewersClaim(key, self._replica, counts[key])
            if claim == claimed:
                continue
            if claim.count:
                self._bus.subscribe(claim.topic)
                self._claims[key] = claim
            else:
                del self._claims[key]
            if claimed is not None:
                self._bus.unsubscribe(claimed.topic)
