"""The HTTP client for cameras: one connection, kept while the camera keeps it. It owns redirects, TLS, the login, the
time to open and what is believed of an answer's head. One thread.

The standard library's http.client reads the answers. It bears what cameras send, costs half of what others do for each
picture, and takes nothing from the environment, such as a proxy.
"""

import http.client
import time
from collections.abc import Mapping
from typing import Final

from services.ingest.sources import SourceUnavailableError, failure_reasons
from services.ingest.sources.authentication import Credentials, challenges_in
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import failures
from services.ingest.sources.http.address import HttpAddress
from services.ingest.sources.http.connection import CameraConnection
from services.ingest.sources.http.response import Response
from services.ingest.sources.http.wakeup import Wakeup
from services.ingest.sources.refusals import login_error
from services.ingest.sources.tls import tls_context

MAX_REQUESTS: Final = 8
"""For one answer: redirects and challenges."""
MAX_IGNORED_BYTES: Final = 64 * 1024
"""A longer body of a refusal or a redirect costs more to read than a new connection."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"Accept": "*/*", "User-Agent": "Framecast"}
Headers = Mapping[str, str]


class HttpClient:
    """For the camera at the options' address. An answer ends when the next is asked for.

    Raises:
        ValueError: when that is no HTTP address.
    """

    def __init__(self, options: ConnectionOptions, wakeup: Wakeup, *, open_seconds: float) -> None:
        self._options = options
        self._wakeup = wakeup
        self._open_seconds = open_seconds
        self._first = self._address = HttpAddress.parse(options.url)
        self._connection: CameraConnection | None = None
        self._credentials = self._new_credentials()

    def get(self, headers: Headers | None = None, *, deadline: float | None = None) -> Response:
        """The camera's answer: 200, or 304 if `headers` made the request conditional. It must begin before `deadline`
        (monotonic seconds), or within the time to open.

        Raises:
            SourceUnavailableError: when there is none, or another one.
        """
        try:
            return self._get(headers or {}, deadline or time.monotonic() + self._open_seconds)
        except TimeoutError:
            is_mute = self._connection is not None and self._connection.is_connected
            self.close()
            if is_mute and deadline is not None:
                raise SourceUnavailableError(failure_reasons.STOPPED) from None
            raise failures.silence(self._open_seconds if is_mute else None) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise failures.failure_of(error) from None
        except SourceUnavailableError:
            self.close()
            raise

    def close(self) -> None:
        """Release the connection. Forget the last redirect and challenge: both may have been for once only."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._address = self._first
        self._credentials = self._new_credentials()

    def _new_credentials(self) -> Credentials | None:
        username, password = self._options.username, self._options.password
        return Credentials(username, password) if username or password else None

    def _get(self, headers: Headers, deadline: float) -> Response:
        seen = {self._address}
        for _ in range(MAX_REQUESTS):
            response = self._ask(headers, deadline)
            if response.status in (http.client.OK, http.client.NOT_MODIFIED):
                if self._credentials is not None:
                    self._credentials.handle_ok({})
                return response
            if response.status in _REDIRECTS:
                self._address = self._redirected(response)
                if self._address in seen:
                    break
                seen.add(self._address)
            elif response.status != http.client.UNAUTHORIZED or not self._may_answer(response):
                raise self._refusal(response)
            response.skip(MAX_IGNORED_BYTES, deadline)
        if response.status == http.client.UNAUTHORIZED:
            raise self._refusal(response)
        raise SourceUnavailableError(failures.REDIRECT_LOOP)

    def _ask(self, headers: Headers, deadline: float) -> Response:
        """One request. A kept connection may have ended meanwhile, which only a request finds out."""
        kept = self._connection
        if kept is not None and kept.can_serve(self._address):
            try:
                return self._request(kept, headers, deadline)
            except (ConnectionError, http.client.BadStatusLine):
                pass  # a new one
        if kept is not None:
            kept.close()
        tls = tls_context(self._options) if self._address.is_encrypted else None
        self._connection = CameraConnection(self._address, tls, self._wakeup)
        return self._request(self._connection, headers, deadline)

    def _request(self, connection: CameraConnection, headers: Headers, deadline: float) -> Response:
        login: dict[str, str] = {}
        if self._credentials is not None:
            self._credentials.make_auth("GET", self._address.target, login)
        encoded = {name: value.encode() for name, value in (_HEADERS | dict(headers) | login).items()}
        return connection.get(self._address.target, encoded, deadline)

    def _redirected(self, response: Response) -> HttpAddress:
        try:
            target = self._address.redirected(response.headers.get("location", ""))
        except ValueError:
            raise SourceUnavailableError(failures.REDIRECTED_NOWHERE) from None
        if not self._address.may_redirect_to(target):
            raise SourceUnavailableError(failures.REDIRECTED.format(failures.told(target.url, self._options)))
        return target

    def _may_answer(self, response: Response) -> bool:
        return self._credentials is not None and self._credentials.handle_401(response.challenges())

    def _refusal(self, response: Response) -> SourceUnavailableError:
        if response.status == http.client.UNAUTHORIZED:
            return login_error(response.status, self._options, is_known=bool(challenges_in(response.challenges())))
        return failures.refusal(response.status, response.reason, self._options)
