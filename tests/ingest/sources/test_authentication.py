"""Answers to cameras' challenges, against the standards' own examples."""

import base64

import pytest

from services.ingest.sources.authentication import Credentials, challenges_in
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress

RFC_7616 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="{}", opaque="{}"'
NONCE, OPAQUE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def answered(challenge: str, *, username: str = "Mufasa", password: str = "Circle of Life") -> str:  # noqa: S107 from the examples of RFC 7616
    credentials = Credentials(username, password)
    assert credentials.handle_401({"www-authenticate": challenge})
    headers: dict[str, str] = {}
    credentials.make_auth("GET", "/dir/index.html", headers)
    return headers["Authorization"]


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digests_are_those_of_the_standard(monkeypatch: pytest.MonkeyPatch, algorithm: str, response: str) -> None:
    """RFC 7616, section 3.9.1."""
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("services.ingest.sources.authentication.secrets.token_hex", lambda _bytes: cnonce)
    answer = answered(RFC_7616.format(algorithm, NONCE, OPAQUE))
    assert f'response="{response}"' in answer
    assert f"algorithm={algorithm}" in answer
    assert f'opaque="{OPAQUE}"' in answer


def test_a_digest_without_qop_is_as_cameras_have_it() -> None:
    """RFC 2069, as most cameras still do."""
    answer = answered('Digest realm="testrealm", nonce="abc", stale="FALSE"')
    assert "qop" not in answer
    assert "cnonce" not in answer


def test_digest_comes_before_basic_and_the_strongest_first() -> None:
    """Whatever the order in which a camera offers them."""
    offers = ['Basic realm="x"', 'Digest realm="x", nonce="1"', 'Digest realm="x", nonce="1", algorithm=SHA-256']
    assert "algorithm=SHA-256" in answered(", ".join(offers))
    assert answered(", ".join(offers[:2])).startswith("Digest")


def test_basic_takes_any_character() -> None:
    """And an empty password."""
    for word in ("p@:/#?% +ü", ""):
        answer = answered("basic realm=x", username="user", password=word)
        assert base64.b64decode(answer.removeprefix("Basic ")).decode() == f"user:{word}"


def test_a_refused_answer_is_not_given_again() -> None:
    """Cameras lock clients out. Only a nonce that the camera calls stale may be answered again."""
    credentials = Credentials("user", "word")
    challenge = 'Digest realm="x", nonce="{}", stale={}'
    assert credentials.handle_401({"www-authenticate": challenge.format(1, "false")})
    assert not credentials.handle_401({"www-authenticate": challenge.format(2, "false")})
    assert credentials.handle_401({"www-authenticate": challenge.format(3, "true")})
    assert not credentials.handle_401({"www-authenticate": challenge.format(3, "true")})
    credentials.handle_ok({})
    assert credentials.handle_401({"www-authenticate": challenge.format(4, "false")})


@pytest.mark.parametrize("header", ["", "Digest", "Negotiate", 'Digest algorithm=MD4, realm="x"'])
def test_what_cannot_be_answered_is_left_alone(header: str) -> None:
    """No guess is sent."""
    known = challenges_in({"www-authenticate": header} if header else {})
    assert all(challenge.scheme == "digest" and not challenge.fields for challenge in known)


def address_of(url: str, username: str = "", password: str = "") -> RtspAddress:
    return RtspAddress.of(ConnectionOptions(url, username, password))


@pytest.mark.parametrize("word", ["p@:/#?% +ü", "a:b@c/d", "100%25", ""])
def test_an_address_takes_credentials_of_any_characters(word: str) -> None:
    """They are in nothing that is sent or shown."""
    address = address_of("rtsp://camera.local/live?x=1@2", "user", word)
    assert (address.username, address.password) == ("user", word)
    assert address.url == "rtsp://camera.local/live?x=1@2"
    assert not word or word not in repr(address)
    encrypted = address_of("RTSPS://[fe80::1]:99/a")
    assert (encrypted.host, encrypted.port) == ("fe80::1", 99)
    assert (encrypted.url, encrypted.is_encrypted) == ("rtsps://[fe80::1]:99/a", True)


@pytest.mark.parametrize("url", ["", "rtsp://", "http://host/", "rtsp://s3cret@host:port/", "rtsp:s3cret"])
def test_what_is_no_address_is_said_without_repeating_it(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(ValueError, match="not like rtsp://") as caught:
        address_of(url)
    assert "s3cret" not in str(caught.value)
