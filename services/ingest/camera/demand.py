"""What the subscriptions on the bus ask of ingest. Pure.

Subscriptions are prefixes, so a topic is wanted when it begins with any of them.
"""

from collections.abc import Collection

from shared.bus.topics import CAPTURE, MAIN, ViewersClaim, frame_topic


def is_wanted(topic: bytes, subscriptions: Collection[bytes]) -> bool:
    return any(topic.startswith(prefix) for prefix in subscriptions)


def wanted_renditions(camera_key: str, widths: Collection[int], subscriptions: Collection[bytes]) -> frozenset[str]:
    """Which of the camera's renditions have a subscriber. Only the offered `widths` (pixels) can be asked for."""
    renditions = (MAIN, CAPTURE, *map(str, widths))
    return frozenset(name for name in renditions if is_wanted(frame_topic(camera_key, name), subscriptions))


def viewer_count(camera_key: str, subscriptions: Collection[bytes]) -> int:
    """The camera's viewers over all replicas. A replica that replaces its claim may hold two: the larger counts."""
    by_replica: dict[str, int] = {}
    for topic in subscriptions:
        claim = ViewersClaim.parse(topic)
        if claim is not None and claim.camera_key == camera_key:
            by_replica[claim.replica] = max(claim.count, by_replica.get(claim.replica, 0))
    return sum(by_replica.values())
