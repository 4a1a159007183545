"""How the owner of a stack takes hold of it: the setup code by the command, a password at the page, a session."""

import re
import urllib.parse

from tests.e2e.compose import PATIENCE_SECONDS, Answer, ComposeStack
from tests.support.waiting import wait_until

PASSWORD = "digging in the garden"  # noqa: S105 of a stack that lives for one test


def code(stack: ComposeStack) -> str:
    return code_in(stack.compose("exec", "-T", "ingest", "framecast", "setup-code"))


def code_in(shown: str) -> str:
    (found,) = re.findall(r"^Setup code: (\S+)$", shown, re.MULTILINE)
    return str(found)


def set_up(stack: ComposeStack, setup_code: str, password: str = PASSWORD) -> Answer:
    """As the page's form does."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": stack.origin}
    return stack.ask("POST", "/setup", body=urllib.parse.urlencode({"code": setup_code, "password": password}), **form)


def choose_password(stack: ComposeStack) -> tuple[Answer, str]:
    """The answer, and the code. On a busy machine ingest may be late: then another code is as good."""

    def chosen() -> tuple[Answer, str] | None:
        setup_code = code(stack)
        answer = set_up(stack, setup_code)
        return None if answer.status == 503 else (answer, setup_code)

    return wait_until(chosen, "ingest answers", PATIENCE_SECONDS)  # type: ignore[return-value] # it is true then


def session_in(answer: Answer) -> str:
    return str(answer.headers["Set-Cookie"]).partition(";")[0]
