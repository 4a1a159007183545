"""Addresses as people write and paste them: what each means, and the words for those that can't be used."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.camera_address import errors
from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.camera_address.understand import understand

PLACE = "192.168.1.5:554/live"
ADDRESS = f"rtsp://{PLACE}"
WITH_LOGIN = f"rtsp://user:word@{PLACE}"


def login_of(text: str) -> tuple[str, str, str]:
    address = understand(text)
    return address.url, address.username, address.password


@pytest.mark.parametrize(
    "password",
    ["pa#ss", "pa/ss", "pa?ss", "p@ss", "p:ss", "100%", "%zz", "p@:/#?", "my pass", "a'b", "{x}y", "://", "$1"],
)
@pytest.mark.parametrize("host", ["192.168.1.5", "127.0.0.1:9", "[fd00::1]:554", "camera.lan"])
def test_a_password_in_the_address_may_hold_any_character_where_only_one_reading_makes_sense(
    password: str, host: str
) -> None:
    """The host is told from the login by what can be a host."""
    assert login_of(f"rtsp://admin:{password}@{host}/s") == (f"rtsp://{host}/s", "admin", password)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://user:p@ss/w:ord@camera/path",
        "rtsp://admin:1234/5@192.168.1.5/x",
        "rtsp://admin:554#5@camera/x",
        "rtsp://u:p@ss.word/x@192.168.1.5/live",
        "rtsp://admin:pa#a@10.0.0.1/b@10.0.0.2/c",
    ],
)
def test_a_login_with_two_readings_is_refused_with_the_way_that_works(text: str) -> None:
    """The wrong one would send a part of the password to a host of that name."""
    with pytest.raises(CameraAddressError) as refused:
        understand(text)
    assert "CAMERA_RTSP_PASSWORD" in str(refused.value)
    assert "%23" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "url", "username", "password"),
    [
        ("rtsp://in%20it:p%40ss%3Aw%23@camera:554/live?x=1@2", "rtsp://camera:554/live?x=1@2", "in it", "p@ss:w#"),
        ("rtsp://u:p@192.168.1.5/live?notify=a@b.org", "rtsp://192.168.1.5/live?notify=a@b.org", "u", "p"),
        ("rtsp://camera/live@hd", "rtsp://camera/live@hd", "", ""),
        ("http://cam/x?from=rtsp://u:p@10.0.0.6/", "http://cam/x?from=rtsp://u:p@10.0.0.6/", "", ""),
        ("rtsp://me@mail.org:word@192.168.1.5/s", "rtsp://192.168.1.5/s", "me@mail.org", "word"),
        ("rtsp://user@camera/s", "rtsp://camera/s", "user", ""),
        ("rtsp://:word@camera/s", "rtsp://camera/s", "", "word"),
    ],
)
def test_an_at_sign_behind_the_host_is_no_end_of_the_login(text: str, url: str, username: str, password: str) -> None:
    """Queries hold mail addresses, and addresses of other cameras."""
    assert login_of(text) == (url, username, password)


@pytest.mark.parametrize(
    "text",
    [
        f"  {WITH_LOGIN}\n",
        f'"{WITH_LOGIN}"',
        f"“{WITH_LOGIN}”",
        f"„{WITH_LOGIN}“",
        f"`{WITH_LOGIN}`",
        f"<{WITH_LOGIN}>",
        f"\ufeff{WITH_LOGIN}\u200b",
        f"rtsp://user:word@\u200b{PLACE}",
        f"\u00a0{WITH_LOGIN}\u00a0",
        f"{WITH_LOGIN} :rtsp-tcp :network-caching=300",
        f"{ADDRESS} :rtsp-user=user :rtsp-pwd=word",
        f"vlc {WITH_LOGIN} --rtsp-tcp",
        f"cvlc --rtsp-tcp '{WITH_LOGIN}' vlc://quit",
        f"cam1: {WITH_LOGIN}#video=h264#backchannel=0",
        f"  - {WITH_LOGIN}#timeout=30",
        f"ffmpeg:{WITH_LOGIN}#video=h264#audio=aac#hardware",
        f'- "ffmpeg:{WITH_LOGIN}#audio=opus"',
        f"- path: {WITH_LOGIN}",
        f"- path: '{WITH_LOGIN}' # main stream",
        f"-i {WITH_LOGIN} -rtsp_transport tcp",
        f'ffmpeg -rtsp_transport tcp -i "{WITH_LOGIN}" -c copy out.mp4',
        f"ffmpeg -i {WITH_LOGIN} -f mpegts http://192.168.1.9/out",
        f"ffplay -rtsp_transport tcp {WITH_LOGIN}",
        f'gst-launch-1.0 rtspsrc location="{WITH_LOGIN}" latency=0 ! fakesink',
        f"stream_source: {WITH_LOGIN}",
        f'stream_source: "{WITH_LOGIN}"',
        f"netcam_url {WITH_LOGIN}",
        f'rtsp_url = "{WITH_LOGIN}"',
        f"export CAMERA_RTSP_URL={WITH_LOGIN}",
        f'"url": "{WITH_LOGIN}",',
        f"RTSP://user:word@{PLACE}",
        f"rtspt://user:word@{PLACE}",
        f"rtsp:\\\\user:word@{PLACE.replace('/', chr(92))}",
        f"rtsp:\\/\\/user:word@{PLACE.replace('/', chr(92) + '/')}",
        f"rtsp:/user:word@{PLACE}",
        f"rtsp//user:word@{PLACE}",
        f"rtsp://rtsp://user:word@{PLACE}",
        f"user:word@{PLACE}",
        f'"user:word@{PLACE}"',
        "rtsp://user:word@192.168.1.5:554:554/live",
        f"streams:\n  cam1:\n    - {WITH_LOGIN}#backchannel=0",
        f"cam1: [{WITH_LOGIN}]",
        f"- [{WITH_LOGIN}, ffmpeg:cam1#audio=opus]",
        f'["{WITH_LOGIN}"]',
        f'{{"url":"{WITH_LOGIN}"}}',
        f'cv2.VideoCapture("{WITH_LOGIN}")',
        f"VideoCapture('{WITH_LOGIN}', cv2.CAP_FFMPEG)",
        f"[the garden]({WITH_LOGIN})",
        f'<source src="{WITH_LOGIN}"/>',
        f"Main stream: {WITH_LOGIN}",
        f"set CAMERA_RTSP_URL={WITH_LOGIN}",
        f'$env:CAMERA_RTSP_URL="{WITH_LOGIN}"',
        *(f"{WITH_LOGIN}{end}" for end in (",", ";", ".", '",', "')", ")", "]", ">")),
        *(f"{quotes[0]}{WITH_LOGIN}{quotes[1]}" for quotes in ("‹›", "″″", "＂＂", "「」", "()", "{}")),  # noqa: RUF001
        f"vlc --rtsp-user user --rtsp-pwd word {ADDRESS}",
        f"cvlc :rtsp-user=user :rtsp-pwd=word {ADDRESS}",
        f"{ADDRESS} --rtsp-user=user --rtsp-pwd 'word'",
        f"openRTSP -t -u user word {ADDRESS}",
        f"curl -u user:word {ADDRESS} -o -",
        f"wget --user=user --password=word {ADDRESS}",
        f"rtsp:// user:word@{PLACE}",
        f"rtsp:://user:word@{PLACE}",
        f"rtsp;//user:word@{PLACE}",
        f"rtsp：／／user:word@{PLACE}",  # noqa: RUF001
        "rtsp://user:word＠192.168.1.5：554／live",  # noqa: RUF001
        "rtsp://user:word@192.168.1.5:554:/live",
        quote(WITH_LOGIN, safe=""),
        quote(quote(WITH_LOGIN, safe=""), safe=""),
    ],
)
def test_what_other_programs_show_is_understood_and_said(text: str) -> None:
    """People copy the line that works elsewhere."""
    address = understand(text)
    assert (address.kind, address.url) == ("rtsp", ADDRESS)
    assert (address.username, address.password) == ("user", "word")
    is_plain = text.strip().lower() == WITH_LOGIN
    assert is_plain or ADDRESS in address.notices[0]
    assert "word" not in "".join(address.notices)


def test_a_password_that_vlc_saved_may_hold_spaces() -> None:
    """Its options end where the next one begins."""
    assert login_of(f"{ADDRESS} :rtsp-pwd=my word :rtsp-user=me :network-caching=9") == (ADDRESS, "me", "my word")


def test_wide_signs_in_a_login_are_not_taken_for_plain_ones() -> None:
    """They may be meant, and a wrong password locks the user out."""
    with pytest.raises(CameraAddressError):
        understand("rtsp://user:wo：rd@192.168.1.5：554/live")  # noqa: RUF001


def test_a_login_in_the_path_may_end_like_a_sentence() -> None:
    """Nothing is left out of it."""
    assert understand("rtsp://cam/user=me&password=word.").url == "rtsp://cam/user=me&password=word."


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("//192.168.1.5/live", "rtsp://192.168.1.5/live"),
        ("ffmpeg -i rtsp://cam/x?a=1\\&b=2 out.mp4", "rtsp://cam/x?a=1&b=2"),
        ("192.168.1.20", "rtsp://192.168.1.20"),
        ("192.168.1.20:554/stream1", "rtsp://192.168.1.20:554/stream1"),
        ("camera.local/stream1", "rtsp://camera.local/stream1"),
        ("camera.local", "rtsp://camera.local"),
        ("garden:8554/x", "rtsp://garden:8554/x"),
        ("[fd00::1]:8554/x", "rtsp://[fd00::1]:8554/x"),
        ("rtsp:///192.168.1.5/x", "rtsp://192.168.1.5/x"),
        ("fd00::abcd", "rtsp://[fd00::abcd]"),
        ("rtsp://fd00::1/x", "rtsp://[fd00::1]/x"),
        ("rtsp://1:2:3:4:5:6:7:8:8554/x", "rtsp://[1:2:3:4:5:6:7:8]:8554/x"),
        ("rtsp://[fe80::1%25eth0]:554/x", "rtsp://[fe80::1%eth0]:554/x"),
        ("rtsp://küche.local/straße", "rtsp://xn--kche-0ra.local/stra%C3%9Fe"),
        ("rtspx://192.168.1.1:7441/IdOf?enableSrtp", "rtsps://192.168.1.1:7441/IdOf"),
        ("rtsps://192.168.1.1:7441/IdOf?enableSrtp&x=1", "rtsps://192.168.1.1:7441/IdOf?x=1"),
        ("rtsp://cam/x?channel=1&amp;subtype=0", "rtsp://cam/x?channel=1&subtype=0"),
        ("HTTP://cam/video.mjpg", "http://cam/video.mjpg"),
        ("https://cam:8443/video.mjpg", "https://cam:8443/video.mjpg"),
        ("rtsp://cam/ch#1", "rtsp://cam/ch#1"),
        ("file:///videos/a%20b.mp4", "/videos/a b.mp4"),
        ("file://localhost/videos/a.mp4", "/videos/a.mp4"),
    ],
)
def test_hosts_schemes_and_paths_get_the_form_that_the_reader_sends(text: str, url: str) -> None:
    """A request line is ASCII, and an IPv6 address needs its brackets."""
    assert understand(text).url == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rtsp://", errors.NO_HOST),
        ("rtsp:///live", errors.NO_HOST),
        ("rtsp:///user:s3cret@camera/x", errors.NO_HOST),
        ("rtsp://:554/x", errors.NO_HOST),
        ("rtsp://camera:port/x", errors.BAD_PORT),
        ("rtsp://camera:0/x", errors.BAD_PORT),
        ("rtsp://camera:99999/x", errors.BAD_PORT),
        ("rtsp://admin:s3cret", errors.BAD_PORT),
        ("rtsp://host:554:8554/x", errors.TWO_PORTS),
        ("rtsp://192.168.1.300/x", errors.BAD_IP),
        ("rtsp://192.168.1/x", errors.BAD_IP),
        ("rtsp://192.168.001.020/x", errors.LEADING_ZEROS),
        ("rtsp://cam era/x", errors.HAS_SPACE),
        ("rtsp://192.168.1.5 :554/x", errors.HAS_SPACE),
        ("rtsp://cam/my stream", errors.HAS_SPACE),
        ("rtsp://cam!/x", errors.BAD_HOST),
        ("rtsp://fd00::1:554/x", errors.BARE_IPV6),
        ("rtsp://admin:%ff@192.168.1.5/x", errors.BAD_PERCENT),
        ("rtsp://a/1 rtsp://a/2", errors.TWO_ADDRESSES),
        ("- rtsp://a/1\n- rtsp://a/2", errors.TWO_ADDRESSES),
        ("rtsp://<ip>:554/x", errors.PLACEHOLDER),
        ("rtsp://[IP]:554/x", errors.PLACEHOLDER),
        ("rtsp://admin:<password>@192.168.1.5/x", errors.PLACEHOLDER),
        ("rtsp://admin:YOUR_PASSWORD@192.168.1.5/x", errors.PLACEHOLDER),
        ("rtsp://your-camera-ip/x", errors.PLACEHOLDER),
        ("rtsp://USERNAME:PASSWORD@192.168.1.5/x", errors.PLACEHOLDER),
        ("rtsp://admin:${CAM_PASSWORD}@192.168.1.5/x", errors.PLACEHOLDER),
        ("rtsp://admin:{password}@192.168.1.5/x", errors.PLACEHOLDER),
        ("rtsp://192.168.1.x/x", errors.PLACEHOLDER),
        ("http://cam/?user=<user>&pwd=<pwd>", errors.PLACEHOLDER),
        ("- path: rtsp://{FRIGATE_RTSP_USER}:{FRIGATE_RTSP_PASSWORD}@10.0.0.2/x", errors.FRIGATE_PLACEHOLDER),
        ("rtmp://192.168.1.5/bcs/channel0_main.bcs", errors.RTMP),
        ("onvif://u:s3cret@192.168.1.5", errors.ONVIF),
        ("onvif:rtsp://x", errors.OTHER_PROGRAM),
        ("ffmpeg:cam1#video=h264", errors.OTHER_PROGRAM),
        ("tapo://admin:s3cret@camera", errors.OTHER_PROGRAM),
        ("hass:camera.front", errors.OTHER_PROGRAM),
        ("usb:0", errors.DEVICE),
        ("0", errors.DEVICE),
        ("v4l2:///dev/video0", errors.DEVICE),
        ("rtsp://http://192.168.1.5/x", errors.TWO_SCHEMES),
        ("http://rtsp://192.168.1.5/x", errors.TWO_SCHEMES),
        ("rtsp://[fd00::1]554/x", errors.BAD_BRACKETS),
        ("rtsp://[fd00::1/x", errors.BAD_BRACKETS),
        ("file://C:\\videos\\a.mp4", errors.WINDOWS_PATH),
        ("netcam_url rtsp://cam/x\nnetcam_userpass u:s3cret", errors.SEVERAL_LINES),
        ("#EXTM3U\n#EXTINF:-1,cam\nrtsp://cam/x", errors.SEVERAL_LINES),
        ("&lt;rtsp://cam/x&gt;", errors.OTHER_TEXT),
        ("admin:s3cret rtsp://cam/x", errors.OTHER_TEXT),
        ("webrtc:http://192.168.1.5/offer", errors.WEBRTC),
        ("webrtc:ws://192.168.1.5/offer", errors.WEBRTC),
        ("rtspu://192.168.1.5/x", errors.UDP_SCHEME),
        ("rtps://admin:s3cret@camera/x", errors.MISSPELT),
        ("rtsp:s3cret", errors.MISSPELT),
        ("ftp://camera/x", errors.OTHER_SCHEME),
        ("C:\\videos\\a.mp4", errors.WINDOWS_PATH),
        ("c:/videos/a.mp4", errors.WINDOWS_PATH),
        ("\\\\nas\\videos\\a.mp4", errors.WINDOWS_PATH),
        ("file:///C:/videos/a.mp4", errors.WINDOWS_PATH),
        ("file://[fd00::1/videos/a.mp4", errors.NO_FILE),
        ("file://nas\u2100/videos/a.mp4", errors.NO_FILE),
        ("~/a.mp4", errors.HOME_PATH),
        ("/dev/video0", errors.DEVICE),
        ("/no/such.mp4", errors.NO_FILE),
        ("garden.mp4", errors.NO_FILE),
        ("videos.old/garden.mp4", errors.NO_FILE),
        ("garden", errors.NO_FILE),
        ("192.168.1.5:8080/?action=stream", errors.SCHEME_UNSURE),
        ("192.168.1.5/video.mjpg", errors.SCHEME_UNSURE),
        ("admin:s3cret", errors.OTHER_SCHEME),
        ("admin s3cret 192.168.1.5", errors.HAS_SPACE),
        ("", errors.NO_FILE),
        ("\u200b", errors.NO_FILE),
    ],
)
def test_what_can_mean_several_things_or_none_is_refused_with_what_to_write(text: str, words: str) -> None:
    """A guess would show a black picture and blame the network."""
    with pytest.raises(CameraAddressError) as refused:
        understand(text)
    assert str(refused.value) == words


KNOWN_WORDS = {value for value in vars(errors).values() if isinstance(value, str)}


def is_one_line(text: str) -> bool:
    """Whether `text` is understood, or refused with one of the known lines, which repeat nothing of it."""
    try:
        return "\n" not in "".join(understand(text).notices)
    except CameraAddressError as refused:
        return str(refused) in KNOWN_WORDS


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    """No text ends ingest in another way."""
    assert is_one_line(text)


@given(st.from_regex(r"(rtsp|http)s?[:/\\ @.#?\[\]%a-z0-9<>{}\"'-]{0,40}", fullmatch=True))
def test_any_text_like_an_address_is_understood_or_refused(text: str) -> None:
    """The same, nearer to what people write."""
    assert is_one_line(text)


VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x17F, exclude_categories=("Cf", "Cc", "Zs"))


@given(st.text(VISIBLE, min_size=1, max_size=20), st.text(VISIBLE, max_size=20))
def test_a_login_in_the_address_is_sent_as_it_is_or_the_address_is_refused(username: str, password: str) -> None:
    """Never another login, which would lock the user out of the camera. What looks percent-encoded is decoded."""
    username, password = username.replace("%", ""), password.replace("%", "")
    if ":" in username or not username:
        return
    try:
        found = login_of(f"rtsp://{username}:{password}@192.168.1.5:554/live")
    except CameraAddressError:
        return
    assert found == (ADDRESS, username, password)
