"""The cookie of a session: what it is called, where the browser sends it, and how it is taken away."""

from fastapi import Request
from fastapi.responses import Response

from shared.web.access.guarded_request import COOKIE
from shared.web.access.roles import requester_of
from shared.web.base_path import base_path_of


def set_session(answer: Response, request: Request, secret: str, seconds: int) -> None:
    _set(answer, request, _path_of(request), secret, seconds)


def drop_session(answer: Response, request: Request) -> None:
    # A login at an address without the base path made another cookie, which this browser would go on sending.
    for path in {_path_of(request), "/"}:
        _set(answer, request, path, "", 0)


def _path_of(request: Request) -> str:
    """The cookie's path: the base path, if we know one, so that other services on this host do not get the session."""
    return base_path_of(request.scope) or "/"


def _set(answer: Response, request: Request, path: str, value: str, seconds: int) -> None:
    is_https = requester_of(request.scope).is_https
    answer.set_cookie(COOKIE, value, max_age=seconds, path=path, secure=is_https, httponly=True, samesite="lax")
