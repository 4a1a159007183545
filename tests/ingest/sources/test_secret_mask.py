"""Secrets in words that are not ours, in each form in which somebody may repeat them."""

import hashlib
import json
import re
from base64 import b64encode, encodebytes, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.secret_mask import MASK, MAX_WORDS

USER, PASSWORD = "viéwer", "s3cr:/@ #t+ü&<?>"
PAIR = f"{USER}:{PASSWORD}"
HA1 = hashlib.md5(f"{USER}:realm:{PASSWORD}".encode()).hexdigest()  # noqa: S324 as HTTP's Digest does
FORMS = {
    "plain": PASSWORD,
    "quoted": quote(PASSWORD, safe=""),
    "quoted in lower case": re.sub("%..", lambda one: one[0].lower(), quote(PASSWORD, safe="")),
    "partly quoted": quote(PASSWORD, safe="/:@"),
    "quoted twice": quote(quote(PASSWORD, safe=""), safe=""),
    "form": quote_plus(PASSWORD),
    "quoted latin-1": quote(PASSWORD, safe="", encoding="latin-1"),
    "mojibake": PASSWORD.encode().decode("latin-1"),
    "json": json.dumps(PASSWORD)[1:-1],
    "html": escape(PASSWORD),
    "repr": repr(PASSWORD.encode())[2:-1],
    "basic": b64encode(PAIR.encode()).decode(),
    "basic latin-1": b64encode(PAIR.encode("latin-1")).decode(),
    "basic url-safe": urlsafe_b64encode(PAIR.encode()).decode(),
    "basic without padding": b64encode(PAIR.encode()).decode().rstrip("="),
    "basic quoted": quote(b64encode(PAIR.encode()).decode(), safe=""),
    "base64 of the password": b64encode(PASSWORD.encode()).decode(),
    "hexadecimal": PAIR.encode().hex(),
    "the digest's hash": HA1,
    "the digest's hash in capitals": HA1.upper(),
    "a digest of SHA-256": hashlib.sha256(PAIR.encode()).hexdigest(),
    "html by numbers": "".join(f"&#{ord(one)};" for one in PASSWORD),
    "html by hexadecimal numbers": "".join(f"&#X0{ord(one):X}" for one in PASSWORD),
    "html by names": PASSWORD.replace("&", "&amp;").replace("ü", "&uuml;").replace("<", "&lt;").replace(">", "&gt;"),
    "json in capitals": re.sub(
        r"\\u\w{4}", lambda one: one[0].upper().replace("U", "u", 1), json.dumps(PASSWORD)[1:-1]
    ),
    "json all escaped": "".join(f"\\u{ord(one):04X}" for one in PASSWORD),
    "json twice": json.dumps(json.dumps(PASSWORD)[1:-1])[1:-1],
    "javascript": "".join(f"\\u{{{ord(one):x}}}" for one in PASSWORD),
    "javascript's escape": "".join(f"%u{ord(one):04X}" for one in PASSWORD),
    "octal": "".join(f"\\{byte:03o}" for byte in PASSWORD.encode()),
    "hexadecimal escapes": "".join(f"\\x{byte:02X}" for byte in PASSWORD.encode()),
    "quoted three times": quote(quote(quote(PASSWORD, safe=""), safe=""), safe=""),
    "quoted printable": "".join(f"={byte:02X}" for byte in PASSWORD.encode()),
    "basic in lines": encodebytes(PAIR.encode()).decode().strip(),
    "basic in short lines": "\r\n ".join(re.findall(".{1,7}", b64encode(PAIR.encode()).decode())),
    "basic in lines of json": json.dumps("\r\n".join(re.findall(".{1,7}", b64encode(PAIR.encode()).decode())))[1:-1],
    "a digest's bytes": ":".join(re.findall("..", HA1)),
    "user": USER,
    "user quoted": quote(USER).lower(),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    """And nothing else is."""
    options = ConnectionOptions("rtsp://camera/live?key=t0ken", USER, PASSWORD)
    text = f"Bad request near ({FORMS[form]}) of 10.0.0.7:554"
    assert options.masked(text) == f"Bad request near ({MASK}) of 10.0.0.7:554"


def test_a_digest_is_masked_whatever_stands_before_it() -> None:
    """Its beginning is not always that of a word."""
    told = ConnectionOptions("rtsp://camera/").masked(f"0x{HA1} md5{HA1} Digest response={HA1}, and no more")
    assert told == f"0x{MASK} m{MASK} Digest response={MASK}, and no more"


def test_what_an_address_holds_is_masked_too() -> None:
    """Some cameras take the password in the path or in the query, and tokens always are there."""
    options = ConnectionOptions("rtsp://camera/user=admin_password=tlJwpbo6_channel=1/live.sdp?key=t0ken1&stream=0")
    told = options.masked("no tlJwpbo6, no t0ken1; stream 0 of channel=1; user=admin_password=tlJwpbo6_")
    assert told == "no ***, no ***; stream 0 of channel=1; user=***_password=***_"


def test_words_are_of_one_line_and_bounded_and_a_terminal_obeys_none() -> None:
    """A log is read on a terminal."""
    told = ConnectionOptions("rtsp://camera/").masked("\x1b[2J\x1b]0;x\x07a\nb\u202ec \x9b" + "é" * 5000)
    assert told.isprintable()
    assert told.startswith(" [2J ]0;x a b c  é")
    assert len(told) < MAX_WORDS + 10
