"""Sessions and share links: good in every process with the same secrets, for their time, and for nothing else."""

from collections.abc import Mapping

import pytest

from shared.web.access.access_secrets import AccessSecrets
from shared.web.access.roles import Role
from shared.web.access.share_links import ShareLink
from shared.web.access.signing import SESSION_SECONDS, Signer
from tests.web.support import OPERATOR, SECRETS, VIEWER, FakeTime, web_settings

TIME = FakeTime()
ENDS_AT = int(TIME.seconds) + 60
KEPT = ("kept by this installation", "kept by this installation", "kept by another one", "")


def signer(secrets: Mapping[str, str] = SECRETS, time: FakeTime = TIME) -> Signer:
    return Signer(AccessSecrets(web_settings(**secrets)).keys, time.clock)


def test_any_process_with_the_same_secrets_verifies() -> None:
    """Replicas and the archiver share nothing else."""
    one, another = signer(), signer()
    for role in Role:
        assert another.role_of_session(one.session(role)) is role
        assert another.read_link(one.sign(ShareLink.to_camera("cam1", ENDS_AT), role)) == ShareLink.to_camera(
            "cam1", ENDS_AT
        )


@pytest.mark.parametrize("changed", ["viewer_password", "viewer_token"])
def test_a_changed_secret_ends_what_was_given_out_under_the_old_one(changed: str) -> None:
    """Those of the other role stay good: its secrets did not change."""
    old, new = signer(), signer(SECRETS | {changed: "another long secret"})
    assert new.role_of_session(old.session(Role.VIEWER)) is None
    assert new.read_link(old.sign(ShareLink.to_camera("cam1", ENDS_AT), Role.VIEWER)) is None
    assert new.role_of_session(old.session(Role.OPERATOR)) is Role.OPERATOR


def test_the_installations_secret_is_in_every_key() -> None:
    """Otherwise a table of usual passwords, computed once, would serve against the links of everybody."""
    own, same, other, without = (signer(SECRETS | {"access_secret": each} if each else SECRETS) for each in KEPT)
    for role in Role:
        link = own.sign(ShareLink.to_camera("cam1", ENDS_AT), role)
        assert same.read_link(link) == ShareLink.to_camera("cam1", ENDS_AT)
        assert same.role_of_session(own.session(role)) is role
        for stranger in (other, without):
            assert stranger.read_link(link) is None
            assert stranger.role_of_session(own.session(role)) is None


def test_a_session_and_a_link_run_out() -> None:
    """By the clock of the process that verifies."""
    time = FakeTime()
    one = signer(time=time)
    session, link = one.session(Role.VIEWER), one.sign(ShareLink.to_frame(7, ENDS_AT), Role.VIEWER)
    time.seconds += 59
    assert one.read_link(link) == ShareLink.to_frame(7, ENDS_AT)
    time.seconds += 1
    assert one.read_link(link) is None
    time.seconds += SESSION_SECONDS
    assert one.role_of_session(session) is None


def test_a_signature_holds_for_its_purpose_and_its_text_alone() -> None:
    """No letter can be changed, and no link used as a session."""
    one = signer()
    session, link = one.session(Role.OPERATOR), one.sign(ShareLink.to_camera("cam1", ENDS_AT), Role.VIEWER)
    assert one.read_link(session) is None
    assert one.role_of_session(link) is None
    for place in range(len(link)):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        # The last letter of base64 has bits that say nothing.
        assert place == len(link) - 1 or one.read_link(changed) is None, place
        # base64 leaves out what is no letter of its own.
        assert one.read_link(f"{link[:place]}\u2603{link[place:]}") is None, place
    for nonsense in ("", ".", "a.b", "\u2603", "x" * 10_000):
        assert one.read_link(nonsense) is None


@pytest.mark.parametrize("path", ["/api/cameras/cam1/stream", "/api/cameras/cam1/snapshot", "/api/cameras/cam1/ws"])
def test_a_link_opens_its_camera(path: str) -> None:
    """Picture, stream, status and socket of it."""
    assert ShareLink.to_camera("cam1", ENDS_AT).opens(path)


@pytest.mark.parametrize(
    "path",
    [
        "/api/cameras/cam10/stream",
        "/api/cameras/cam/stream",
        "/api/cameras/cam1",
        "/api/cameras/cam1/stream/",
        "/api/cameras/cam1/../cam2/stream",
        "/api/devices",
        "/archive",
        "/api/camera/links",
        "/api/camera/frames/7/image",
    ],
)
def test_a_link_opens_nothing_else(path: str) -> None:
    """Addresses that name no camera lead to the link's own; see `test_link_spellings.py`."""
    assert not ShareLink.to_camera("cam1", ENDS_AT).opens(path)


def test_a_link_to_a_frame_opens_that_frame() -> None:
    """And not frame 70 when it is for frame 7."""
    link = ShareLink.to_frame(7, ENDS_AT)
    assert link.opens("/api/camera/frames/7/image")
    assert not link.opens("/api/camera/frames/70/image")
    assert not link.opens("/api/camera/frames")


def test_nothing_kept_holds_a_password() -> None:
    """Neither a dump of the process's objects nor a repr in a log tells one."""
    credentials = AccessSecrets(web_settings(**SECRETS))
    assert VIEWER not in repr(vars(credentials))
    assert credentials.role_of(VIEWER) is Role.VIEWER
    assert credentials.role_of(OPERATOR) is Role.OPERATOR
    assert credentials.role_of("") is None
    assert credentials.role_of("\ud800") is None


def test_a_link_to_a_time_lapse_opens_its_video_alone() -> None:
    """Not the list, not what is said of it, and no other whose id begins alike."""
    timelapse = "/api/camera/timelapses/cam1_20261126T120000Z_0123ab"
    link = ShareLink.to_timelapse("cam1_20261126T120000Z_0123ab", ENDS_AT)
    assert link.opens(f"{timelapse}/file")
    for other in ("", "/", "/poster", "/file/", "c/file", "/../cam1_20261126T120000Z_0123ac/file"):
        assert not link.opens(f"{timelapse}{other}"), other
    assert not link.opens("/api/camera/timelapses")
    assert not link.opens("/api/camera/frames/7/image")
