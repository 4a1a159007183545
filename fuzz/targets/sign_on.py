"""The headers of a sign-on: a proxy passes on whatever its users are called, and anybody else may invent them."""

from typing import Any, Final

from fuzz.pieces import records_in
from shared.clock import Clock
from shared.control.messages import ControlRequest, decode_request, encode_request, new_request_id
from shared.web.access.roles import Role
from shared.web.access.sign_on import MAX_GROUPS, MAX_NAME_CHARACTERS, SignOn, SignOnUnreadableError
from shared.web.settings import WebSettings

HANDLED: Final = (SignOnUnreadableError,)
PROXY, STRANGER = "198.18.0.1", "198.18.0.2"
SECRET: Final = b"between-the-proxy-and-us"
_NAMES: Final = (b"remote-user", b"remote-groups", b"x-sign-on-secret", b"Remote-User", b"remote_user", b"host")
_SIGN_ON: Final = SignOn(
    WebSettings.model_validate(
        {
            "sign_on_proxies": PROXY,
            "sign_on_secret": SECRET.decode(),
            "sign_on_operators": "alice,group:admins",
            "allowed_origins": "https://cameras.example",
        }
    ),
    Clock(utc_ns=lambda: 0, monotonic=lambda: 0.0),
)


def read(data: bytes) -> None:
    """The first byte gives the sender, and whether the secret is shown; the first of each record, the header's name.

    Nobody but the proxy with its secret signs anybody on, and nothing of the headers is left behind us. Whom it signs
    on can be shown to ingest.
    """
    kind = data[0] if data else 0
    scope: dict[str, Any] = {"client": (PROXY if kind & 1 else STRANGER, 1), "headers": []}
    for record in records_in(data[1:]):
        scope["headers"].append((_NAMES[record[0] % len(_NAMES)] if record else b"", record[1:]))
    if kind & 2:
        scope["headers"].append((b"x-sign-on-secret", SECRET))
    shown = [value for name, value in scope["headers"] if name == b"x-sign-on-secret"]
    try:
        signed_on = _SIGN_ON.take(scope)
    finally:
        assert {name.lower() for name, _ in scope["headers"]} <= {b"", b"remote_user", b"host"}
    if signed_on is None:
        return
    assert kind & 1
    assert shown == [SECRET]
    assert 0 < len(signed_on.user) <= MAX_NAME_CHARACTERS
    assert signed_on.user.isprintable()
    if signed_on.role is Role.OPERATOR:
        assert signed_on.user == "alice" or "admins" in signed_on.groups
    proof = _SIGN_ON.proof_of(signed_on)
    assert proof.sign_on is not None
    assert len(proof.sign_on.groups) <= MAX_GROUPS
    request = ControlRequest(id=new_request_id(), do="tokens", proof=proof)
    assert decode_request(encode_request(request)) == request
