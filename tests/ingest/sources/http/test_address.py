"""HTTP addresses, and where a camera may send us."""

import pytest

from services.ingest.sources.http.address import HttpAddress


def test_an_address_is_split_and_made_fit_for_a_request() -> None:
    """People type spaces and umlauts; what is encoded already stays as it is."""
    address = HttpAddress.parse("http://camera/tür 1/%20?x=a b&y=%2F#part")
    assert address == HttpAddress("http", "camera", 80, "/t%C3%BCr%201/%20?x=a%20b&y=%2F")
    assert HttpAddress.parse("HTTPS://Camera") == HttpAddress("https", "camera", 443, "/")
    assert HttpAddress.parse("http://[::1]:81/a?t=1").url == "http://[::1]:81/a"


@pytest.mark.parametrize("url", ["rtsp://camera/", "http://", "http:///path", "http://camera:port/", "http://[::1/"])
def test_what_is_no_http_address_is_refused_without_a_word_of_it(url: str) -> None:
    """It may have a password in it."""
    with pytest.raises(ValueError, match=r"^the camera's address is not like http://host:port/path$"):
        HttpAddress.parse(url)


@pytest.mark.parametrize(
    ("location", "target", "may"),
    [
        ("/live", "http://camera:8080/live", True),
        ("live?x=1", "http://camera:8080/a/live", True),
        ("http://CAMERA:8080/live", "http://camera:8080/live", True),
        ("//camera:8080/live", "http://camera:8080/live", True),
        ("http://user:word@camera:8080/live", "http://camera:8080/live", True),
        ("https://camera/live", "https://camera/live", True),
        ("https://camera:8443/live", "https://camera:8443/live", True),
        ("http://camera/live", "http://camera/live", False),
        ("http://camera:9000/live", "http://camera:9000/live", False),
        ("http://other:8080/live", "http://other:8080/live", False),
        ("http://camera.other:8080/live", "http://camera.other:8080/live", False),
        ("http://camera:8080@other/live", "http://other/live", False),
        ("https://other/live", "https://other/live", False),
        ("//169.254.169.254/latest", "http://169.254.169.254/latest", False),
    ],
)
def test_a_redirect_stays_on_the_server_or_goes_to_https_on_its_host(location: str, target: str, may: bool) -> None:
    """Another port is another server: on this machine it may be one that only we can reach."""
    address = HttpAddress.parse("http://camera:8080/a/b")
    redirected = address.redirected(location)
    assert (redirected.url, address.may_redirect_to(redirected)) == (target, may)


def test_a_redirect_never_leaves_encryption() -> None:
    """Not even to the same port."""
    address = HttpAddress.parse("https://camera:8443/")
    assert not address.may_redirect_to(address.redirected("http://camera:8443/"))
    assert not address.may_redirect_to(address.redirected("https://camera:8444/"))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "rtsp://camera/", "ftp://camera/", "http://[", "data:,x"])
def test_a_redirect_to_anything_else_than_http_is_none(location: str) -> None:
    """Nor is one to a file."""
    with pytest.raises(ValueError, match=r"not like http://|Invalid"):
        HttpAddress.parse("http://camera/").redirected(location)
