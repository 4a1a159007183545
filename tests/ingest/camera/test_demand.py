"""What the bus's subscriptions ask for."""

from services.ingest.camera.demand import is_wanted, viewer_count, wanted_renditions


def test_a_topic_is_wanted_by_any_prefix_of_it() -> None:
    """A user's own subscriber may ask for all cameras' frames, or for everything."""
    topic = b"frame/cam1/main/"
    assert is_wanted(topic, [b"frame/cam1/main/"])
    assert is_wanted(topic, [b"frame/"])
    assert is_wanted(topic, [b""])


def test_other_subscriptions_want_no_frames() -> None:
    """Subscriptions to statuses, claims and hellos cause no encoding."""
    others = [b"status/", b"hello/ab/", b"viewers/cam1/ab/3/", b"frame/cam10/main/", b"frame/cam1/320/"]
    assert not is_wanted(b"frame/cam1/main/", others)


def test_only_offered_widths_can_be_asked_for() -> None:
    """A subscriber can't make ingest encode any size."""
    asked = [b"frame/cam1/320/", b"frame/cam1/321/", b"frame/cam1/main/", b"frame/cam2/640/"]
    assert wanted_renditions("cam1", (320, 640), asked) == {"main", "320"}
    assert wanted_renditions("cam1", (320, 640), [b"status/"]) == frozenset()


def test_viewers_are_added_up_over_replicas() -> None:
    """Each replica claims its own count. Other cameras' claims and anything else do not count."""
    claims = [b"viewers/cam1/aa/2/", b"viewers/cam1/bb/3/", b"viewers/cam2/aa/9/", b"status/", b"viewers/cam1/bad/"]
    assert viewer_count("cam1", claims) == 5


def test_a_replica_that_replaces_its_claim_is_not_counted_twice() -> None:
    """The new claim arrives before the old one goes."""
    assert viewer_count("cam1", [b"viewers/cam1/aa/2/", b"viewers/cam1/aa/3/"]) == 3
