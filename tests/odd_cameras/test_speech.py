"""Cameras whose RTSP is odd. Each plays, and is named for what it does."""

import hashlib
import time
from base64 import b64decode
from collections.abc import Iterable
from typing import ClassVar, Final

import pytest

from tests.odd_cameras.camera import Camera, HangUpError, Link, Packet, Request, Stream, running
from tests.odd_cameras.watching import plays

USERNAME: Final = "viewer"
PASSWORD: Final = "p@ss:w/rd#1%"  # noqa: S105 of a camera in this process


class RepeatsItsHeaders(Camera):
    """Public, Session, Content-Base and CSeq twice."""

    def sequence_headers(self, request: Request) -> list[str]:
        return super().sequence_headers(request) * 2

    def on_options(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, headers=["Public: OPTIONS, DESCRIBE", "Public: SETUP, PLAY, TEARDOWN"])

    def session_headers(self) -> list[str]:
        return super().session_headers() * 2

    def describe_headers(self) -> list[str]:
        return super().describe_headers() * 2


class FoldsItsHeaders(Camera):
    """A header goes on in the next line, which begins with a blank, and a line of blanks follows."""

    def describe_headers(self) -> list[str]:
        return [*super().describe_headers(), "X-Note: one", " two", "   "]


class AnswersWithNumberZero(Camera):
    def sequence_headers(self, _request: Request) -> list[str]:
        return ["Cseq: 0"]


class NumbersNothing(Camera):
    def sequence_headers(self, _request: Request) -> list[str]:
        return []


class NumbersFromItsOwnCount(Camera):
    def sequence_headers(self, request: Request) -> list[str]:
        return [f"CSeq: {int(request.headers['cseq']) + 40}"]


class EndsLinesInLineFeeds(Camera):
    newline = "\n"


class GivesNoReason(Camera):
    def says(self, request: Request, status: str = "200 OK", headers: Iterable[str] = (), body: str = "") -> bytes:
        return super().says(request, status.partition(" ")[0], headers, body)


class WritesLatin1(Camera):
    def media(self) -> list[str]:
        return ["i=Stra\xdfe \xfcber Eck", *super().media()]


class SendsByUdpAlone(Camera):
    sends_by = ("udp",)


class FindsTcpNotAcceptable(SendsByUdpAlone):
    def on_setup(self, request: Request, link: Link) -> bytes | None:
        if "interleaved" in request.headers["transport"]:
            return self.says(request, "406 Not Acceptable")
        return super().on_setup(request, link)


class IsSilentOverUdpUntilSoundIsSetUp(Camera):
    def media(self) -> list[str]:
        return [*super().media(), "m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:track2"]

    def on_setup(self, request: Request, link: Link) -> bytes | None:
        link.state["set up"] = link.state.get("set up", 0) + 1
        first = link.udp_port
        said = super().on_setup(request, link)
        link.udp_port = first or link.udp_port
        return said

    def on_play(self, request: Request, link: Link) -> bytes | None:
        said = super().on_play(request, link)
        link.plays = link.state["set up"] > 1
        return said


class PlaysAtTheSessionsControlUrlAlone(Camera):
    def description(self) -> str:
        return super().description().replace("a=control:*", f"a=control:{self.url}/all/")

    def on_play(self, request: Request, link: Link) -> bytes | None:
        if request.url != f"{self.url}/all/":
            return self.says(request, "404 Not Found")
        return super().on_play(request, link)


class NamesItsBaseWithoutScheme(Camera):
    def describe_headers(self) -> list[str]:
        return [f"Content-Base: {self.url.partition('://')[2]}/"]


class NamesItsInnerAddressAndALogin(Camera):
    def describe_headers(self) -> list[str]:
        return ["Content-Base: rtsp://admin:12345@192.168.0.64:554/cam/"]

    def media(self) -> list[str]:
        return [
            line.replace("control:", "control:rtsp://admin:12345@192.168.0.64:554/cam/") for line in super().media()
        ]


class HasAQueryInItsAddress(Camera):
    path = "cam?channel=1&subtype=0"

    def describe_headers(self) -> list[str]:
        return []


class NamesNoTransport(Camera):
    def transport(self, _asked: str, _way: str) -> str:
        return "X-Nothing: 1"


class ChoosesOtherChannels(Camera):
    channels = (4, 5)


class RepeatsTheAskedTransportInCapitals(Camera):
    def transport(self, asked: str, way: str) -> str:
        return (
            super()
            .transport(asked, way)
            .replace("unicast", 'UNICAST;mode="PLAY"')
            .replace("RTP/AVP/TCP", "rtp/avp/tcp")
        )


class DescribesMediaAlone(Camera):
    def description(self) -> str:
        return self.newline.join([*self.media(), ""])


class DescribesAnAddressOfNoKind(Camera):
    def description(self) -> str:
        return super().description().replace("c=IN IP4 0.0.0.0", "c=IN").replace("o=-", "o=")


class HasASoundOfNoKind(Camera):
    def media(self) -> list[str]:
        return ["m=audio 0 RTP/AVP (null)", "a=rtpmap:(null) (null)/8000", *super().media()]


class MapsOtherTypesFirst(Camera):
    def media(self) -> list[str]:
        return [line.replace("RTP/AVP 96", "RTP/AVP 97 96") for line in super().media()]


class HasTwoVideos(Camera):
    def media(self) -> list[str]:
        return [*super().media(), "m=video 0 RTP/AVP 98", "a=rtpmap:98 H264/90000", "a=control:track7"]


class SpeaksBetweenItsAnswers(Camera):
    """It sends requests of its own."""

    def on_setup(self, request: Request, link: Link) -> bytes | None:
        link.send(f"OPTIONS {self.url} RTSP/1.0\r\nCSeq: 900\r\n\r\n".encode())
        return super().on_setup(request, link)

    def on_play(self, request: Request, link: Link) -> bytes | None:
        link.send(f"SET_PARAMETER {self.url} RTSP/1.0\r\nCSeq: 901\r\nContent-Length: 5\r\n\r\na: b\n".encode())
        return super().on_play(request, link)


class SendsBeforeItAgrees(Camera):
    """Pictures come before the answer to PLAY, which never comes."""

    def on_play(self, request: Request, link: Link) -> bytes | None:
        super().on_play(request, link)
        return None


class LeadsToAnotherPath(Camera):
    def on_describe(self, request: Request, link: Link) -> bytes | None:
        if not request.url.rstrip("/").endswith("/new"):
            return self.says(request, "302 Moved Temporarily", [f"Location: {self.url}/new"])
        return super().on_describe(request, link)


class AnswersNoKeepAlive(Camera):
    """And gives a session of two seconds."""

    def session_headers(self) -> list[str]:
        return ["Session: 1a2b3c4d;timeout=2"]

    def on_get_parameter(self, _request: Request, _link: Link) -> bytes | None:
        return None


class RefusesKeepAlive(AnswersNoKeepAlive):
    def on_get_parameter(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "454 Session Not Found")


class ClosesAfterSomePictures(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index > 4:
            raise HangUpError
        return super().packets(stream)


class AllowsOneSession(Camera):
    """The session before has not yet ended."""

    def on_setup(self, request: Request, link: Link) -> bytes | None:
        if self.connections < 3:
            return self.says(request, "453 Not Enough Bandwidth")
        return super().on_setup(request, link)


class AnswersOptionsWithNothingOfUse(Camera):
    def on_options(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "501 Not Implemented")


class NamesItsSessionAnew(Camera):
    """With each answer."""

    def session_headers(self) -> list[str]:
        return [f"Session: {len(self.requests)}"]


@pytest.mark.parametrize("kind", [
    RepeatsItsHeaders, FoldsItsHeaders, AnswersWithNumberZero, NumbersNothing, NumbersFromItsOwnCount,
    EndsLinesInLineFeeds, GivesNoReason, WritesLatin1, SendsByUdpAlone, FindsTcpNotAcceptable,
    PlaysAtTheSessionsControlUrlAlone, NamesItsBaseWithoutScheme, NamesItsInnerAddressAndALogin, HasAQueryInItsAddress,
    NamesNoTransport, ChoosesOtherChannels, RepeatsTheAskedTransportInCapitals, DescribesMediaAlone,
    DescribesAnAddressOfNoKind, HasASoundOfNoKind, MapsOtherTypesFirst, HasTwoVideos, SpeaksBetweenItsAnswers,
    SendsBeforeItAgrees, LeadsToAnotherPath, ClosesAfterSomePictures, AllowsOneSession, AnswersOptionsWithNothingOfUse,
    NamesItsSessionAnew,
])  # fmt: skip
def test_a_camera_plays_that(kind: type[Camera]) -> None:
    """By TCP, unless it sends by UDP alone."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip)


@pytest.mark.parametrize("kind", [IsSilentOverUdpUntilSoundIsSetUp, Camera])
def test_a_camera_plays_over_udp_that(kind: type[Camera]) -> None:
    """With what is asked for first."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, rtsp_transport="udp")


@pytest.mark.parametrize("kind", [AnswersNoKeepAlive, RefusesKeepAlive])
def test_a_session_lasts_although_the_camera(kind: type[Camera]) -> None:
    """Longer than its time-out."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, count=150)
        assert camera.connections == 1
        assert camera.asked("GET_PARAMETER")


def test_a_camera_plays_at_an_ipv6_address() -> None:
    """Written in brackets."""
    with running(Camera(), "::1") as camera:
        assert plays(camera.url, camera.clip)


class Guarded(Camera):
    """Wants a login, by one of `challenges`."""

    challenges: ClassVar[tuple[str, ...]] = ('Digest realm="IP Camera", nonce="{}"',)
    free: ClassVar[tuple[str, ...]] = ("OPTIONS",)

    def answer(self, request: Request, link: Link) -> bytes | None:
        if request.method in self.free or self.knows(request):
            return super().answer(request, link)
        return self.refuses(request, link)

    def refuses(self, request: Request, _link: Link) -> bytes | None:
        nonce = f"n{len(self.requests)}"
        return self.says(
            request, "401 Unauthorized", [f"WWW-Authenticate: {one.format(nonce)}" for one in self.challenges]
        )

    def knows(self, request: Request) -> bool:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        user, password = USERNAME, PASSWORD
        if scheme == "Basic":
            return b64decode(rest).decode() == f"{user}:{password}"
        if scheme != "Digest":
            return False
        fields = {name.strip(): value.strip('"') for name, _, value in (one.partition("=") for one in rest.split(", "))}
        hashed = hashlib.sha256 if fields.get("algorithm") == "SHA-256" else hashlib.md5
        first = hashed(f"{user}:{fields['realm']}:{password}".encode()).hexdigest()
        second = hashed(f"{request.method}:{fields['uri']}".encode()).hexdigest()
        middle = [fields[name] for name in ("nc", "cnonce", "qop")] if "qop" in fields else []
        return hashed(":".join([first, fields["nonce"], *middle, second]).encode()).hexdigest() == fields["response"]


class KnowsSha256Alone(Guarded):
    challenges = ('Digest realm="cam", nonce="{}", algorithm=SHA-256, qop="auth"',)


class OffersSeveralDigests(Guarded):
    challenges = (
        'Digest realm="cam", nonce="{}", algorithm=SHA-512-256, qop="auth"',
        'Digest realm="cam", nonce="{}", algorithm=SHA-256, qop="auth"',
        'Digest realm="cam", nonce="{}", algorithm=MD5',
    )


class OffersBasicAndDigest(Guarded):
    challenges = ('Basic realm="cam"', 'Digest realm="cam", nonce="{}"')


class KnowsBasicAlone(Guarded):
    challenges = ('Basic realm="cam"',)


class StraysWithCommas(Guarded):
    challenges = ('Digest realm="cam",, nonce="{}", ,stale=FALSE,',)


class ClosesAfterItsChallenge(Guarded):
    def refuses(self, request: Request, link: Link) -> bytes | None:
        said = super().refuses(request, link)
        assert said is not None
        link.send(said)
        raise HangUpError


class GuardsOptionsWithoutChallenge(Guarded):
    free = ()

    def refuses(self, request: Request, link: Link) -> bytes | None:
        return self.says(request, "401 Unauthorized") if request.method == "OPTIONS" else super().refuses(request, link)


class ChangesItsNonceWithEachRequest(Guarded):
    """As some do for each keep-alive: the answer of the last is refused once, as stale."""

    challenges = ('Digest realm="cam", nonce="{}", stale=true',)

    def __init__(self) -> None:
        super().__init__()
        self._used: set[str] = set()

    def knows(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        nonce = given.partition('nonce="')[2].partition('"')[0]
        is_fresh = nonce not in self._used
        self._used.add(nonce)
        return is_fresh and super().knows(request)


@pytest.mark.parametrize("kind", [
    Guarded, KnowsSha256Alone, OffersSeveralDigests, OffersBasicAndDigest, KnowsBasicAlone, StraysWithCommas,
    ClosesAfterItsChallenge, GuardsOptionsWithoutChallenge, ChangesItsNonceWithEachRequest,
])  # fmt: skip
def test_a_camera_with_a_login_plays_that(kind: type[Guarded]) -> None:
    """The password has characters that addresses need for themselves."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, rtsp_username=USERNAME, rtsp_password=PASSWORD)


@pytest.mark.parametrize("address", [
    "rtsp://viewer:p@ss:w/rd#1%25@{}/cam", "rtsp://viewer:p%40ss%3Aw%2Frd%231%25@{}/cam",
])  # fmt: skip
def test_a_login_within_the_address_plays(address: str) -> None:
    """Encoded or as it is, and also if another one stands beside it, which wins."""
    with running(Guarded()) as camera:
        place = camera.url.partition("://")[2].partition("/")[0]
        assert plays(address.format(place), camera.clip)
    with running(Guarded()) as camera:
        place = camera.url.partition("://")[2].partition("/")[0]
        assert plays(f"rtsp://viewer:old@{place}/cam", camera.clip, rtsp_password=PASSWORD)


def test_a_camera_that_takes_long_to_describe_itself_plays() -> None:
    """Servers that start their source on demand do."""

    class Sleepy(Camera):
        def on_describe(self, request: Request, link: Link) -> bytes | None:
            time.sleep(3.5)  # what it is about
            return super().on_describe(request, link)

    with running(Sleepy()) as camera:
        assert plays(camera.url, camera.clip, stall_seconds=8)
