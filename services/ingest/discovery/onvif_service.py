"""Requests to one ONVIF device: each with the login where the device wants it, which is offered at most once a way."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element

from services.ingest.discovery import onvif_answers, soap
from services.ingest.discovery.http_post import Answer, NoAnswerError, post
from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.xml_document import DocumentError, element, read_document
from services.ingest.sources.authentication import Credentials, challenges_in
from shared.errors import FramecastError

ANSWER_SECONDS: Final = 4.0
_UNAUTHORIZED: Final = 401
_UNAUTHORIZED_STATUSES: Final = frozenset({_UNAUTHORIZED, 403})


class NoOnvifError(FramecastError):
    """Raised when the answer is none of ONVIF's, or there is none."""


class LoginNeededError(FramecastError):
    """Raised when the device wants a login that it has not had, or refused."""


class FaultError(FramecastError):
    """Raised when the device can't do what was asked."""


class OnvifService:
    """For one device at the IP address `host`."""

    def __init__(self, host: str, username: str = "", password: str = "") -> None:
        self.host: Final = host
        self.has_login: Final = bool(username or password)
        self.login_was_accepted = False
        self.login_was_refused = False
        """Then it is offered no more."""
        self.clock_off = timedelta()
        self._login = username, password
        self._http_login: Credentials | None = None
        self._shows_token = False
        self._knows_clock = False

    async def ask(self, place: ServicePlace, request: soap.Request) -> Element:
        """The answer.

        Raises:
            LoginNeededError: only to somebody with another login.
            FaultError: the device can't.
            NoOnvifError: nothing of ONVIF's answers there.
        """
        answer = await self._post(place, request)
        was_wanted = False
        while self._wants_login(answer):
            if not self._knows_clock:
                self.take_clock(onvif_answers.clock_of_http(answer.headers.get("date", "")))
            if not self._may_offer(answer):
                self._take_back()
                raise LoginNeededError("a login is needed")
            answer, was_wanted = await self._post(place, request), True
        self.login_was_accepted |= was_wanted
        if self._http_login is not None:
            self._http_login.handle_ok({})
        root = _document(answer)
        if onvif_answers.is_fault(root):
            raise FaultError("a fault")
        return root

    def take_clock(self, told: datetime | None) -> None:
        """The device's time, for logins and to be told."""
        if told is not None:
            self.clock_off, self._knows_clock = told - datetime.now(UTC), True

    def _take_back(self) -> None:
        """Show the login no more, if it was shown: the device counts wrong ones also where it needs none."""
        self.login_was_refused |= self._shows_token or self._http_login is not None
        self._shows_token, self._http_login = False, None

    async def _post(self, place: ServicePlace, request: soap.Request) -> Answer:
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{request.action}"'}
        security = ""
        if self._http_login is not None:
            self._http_login.make_auth("POST", place.path, headers)
        elif self._shows_token:
            security = soap.user_token(*self._login, datetime.now(UTC) + self.clock_off, os.urandom(16))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await post(self.host, place, headers, soap.envelope(request, security))
        except (TimeoutError, NoAnswerError):
            raise NoOnvifError("no answer") from None

    @staticmethod
    def _wants_login(answer: Answer) -> bool:
        if answer.status in _UNAUTHORIZED_STATUSES:
            return True
        try:
            return onvif_answers.is_refusal_for_login(read_document(answer.body))
        except DocumentError:
            return False

    def _may_offer(self, answer: Answer) -> bool:
        """Choose how the next request shows the login: by HTTP's Digest where it is asked for, else within the request,
        which is a digest, too. So nobody who answers in the camera's place gets the password.
        """
        if not self.has_login or self.login_was_refused:
            return False
        if answer.status == _UNAUTHORIZED and any(one.scheme == "digest" for one in challenges_in(answer.headers)):
            if self._http_login is None:
                self._http_login = Credentials(*self._login)
            return self._http_login.handle_401(answer.headers)
        if self._shows_token or self._http_login is not None:
            return False
        self._shows_token = True
        return True


def _document(answer: Answer) -> Element:
    try:
        root = read_document(answer.body)
    except DocumentError:
        raise NoOnvifError("no document") from None
    if root.tag != "Envelope" or element(root, "Body") is None:
        raise NoOnvifError("no envelope")
    return root
