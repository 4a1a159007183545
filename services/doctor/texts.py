"""The sentences of the doctor about what it sees from outside. A translation is one more file like this one."""

from typing import Final

# What a finding is about.
PAGE: Final = "Page"
LOGIN: Final = "Login"
CLOCK: Final = "This computer's clock"
VERSION: Final = "Version"
INGEST_HERE: Final = "Ingest on this computer"

NO_ADDRESS: Final = "That is no address of a page: give one such as http://192.168.1.20:8001"
LOGIN_IN_ADDRESS: Final = (
    "The address has a user or a password in it, which other programs could see: leave it out, and set "
    "FRAMECAST_PASSWORD or FRAMECAST_TOKEN."
)
BEHIND_ADDRESS: Final = "Give the address of the page alone, without what is behind ? or #."

CHECK_THE_NAME: Final = "Check how it is written, and whether this computer's network knows it; or give its IP address."
IS_IT_STARTED: Final = (
    "Check that Framecast runs there (scripts/run, or docker compose up -d), and the port: STREAM_PORT is 8001 unless "
    "it was set."
)
IS_IT_OPEN: Final = (
    "Check that the computer is on and in the same network, that no firewall keeps you away, and that Framecast is "
    "open to others: STREAM_HOST, or PUBLISH_ADDRESS in Docker."
)
NO_HTTPS: Final = "What listens there does not speak HTTPS."
NO_HTTPS_ADVICE: Final = "Give the address with http://, or the port of the proxy that has the certificate."
TRUST_IT: Final = "Give the name that the certificate is for, or have this computer trust who signed it."
NO_HTTP: Final = "What listens there does not speak HTTP."
NOT_FRAMECAST: Final = "What answers there is not Framecast."
NOT_FRAMECAST_ADVICE: Final = "Check the port (STREAM_PORT, 8001 unless it was set) and, behind a proxy, the path."
NO_PAGE: Final = "A service answers there, but it has no pages."
NO_PAGE_ADVICE: Final = "If that is the archiver's port: the pages are at STREAM_PORT, 8001 unless it was set."
NOTHING_BEHIND: Final = "Check that stream runs, and that the proxy in front leads to it: docker compose logs stream"
UPDATE_IT: Final = "It is of a version without a check-up. Update it; until then its page /status tells most."
NOT_UNDERSTOOD: Final = "Its answer is not understood."
NOT_UNDERSTOOD_ADVICE: Final = "Bring this command and the server to one version."

NEEDS_LOGIN: Final = "A password is needed."
HOW_TO_LOG_IN: Final = "Set FRAMECAST_PASSWORD or FRAMECAST_TOKEN, or type it when you are asked at a terminal."
NOT_ACCEPTED: Final = "The password or token is not accepted."
NOT_ACCEPTED_ADVICE: Final = (
    "Check FRAMECAST_PASSWORD or FRAMECAST_TOKEN. The code for a new password: framecast setup-code"
)
OPEN: Final = "No password was needed."
CLOCK_ADVICE: Final = "Set the clocks of both computers by NTP."
INGEST_ANSWERS: Final = "It answers commands."
SETTINGS: Final = "Settings"
SETTING_ADVICE: Final = "Correct it, and start Framecast again."
PROMPT: Final = "Password of the page: "
WEIGHTS: Final = {"wrong": "WRONG", "doubt": "LOOK", "well": "ok"}
ALL_WELL: Final = "Nothing is wrong."


def name_unknown(host: str) -> str:
    return f"No computer is known by the name '{host}'."


def nothing_listens(host: str, port: int) -> str:
    return f"Nothing listens at port {port} of {host}."


def not_reached(host: str, reason: str) -> str:
    return f"{host} can't be reached: {reason}."


def no_answer(host: str) -> str:
    return f"{host} does not answer."


def not_trusted(reason: str) -> str:
    return f"The certificate is not trusted: {reason}."


def leads_elsewhere(place: str) -> str:
    return f"The address leads to another one: {place}"


def ask_there(place: str) -> str:
    return f"Ask there: framecast doctor {place}"


def gateway_answers(status: int) -> str:
    return f"A proxy answers with status {status}: it reaches no Framecast."


def another_path(address: str) -> str:
    return f"Framecast is there at another path: {address}"


def server_answers(status: int) -> str:
    return f"The server answers with status {status}."


def page_answers(address: str, version: str) -> str:
    return f"Framecast {version} answers at {address}"


def logged_in(role: str) -> str:
    return f"The password or token is accepted: it is {'an operator' if role == 'operator' else f'a {role}'}'s."


def clock_differs(seconds: float) -> str:
    return f"It is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the server's."


def version_differs(own: str, version: str) -> str:
    return f"This command is {own}, and the server is {version}."


def summary(wrong: int, doubts: int) -> str:
    return f"Wrong: {wrong}. To look at: {doubts}."
