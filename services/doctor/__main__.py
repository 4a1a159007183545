"""`python -m services.doctor [URL]`: tells what works and what does not, in plain words, and what to do.

Without a URL it asks the Framecast of this computer, by the settings. A password is taken from FRAMECAST_PASSWORD or
FRAMECAST_TOKEN, and of this computer's Framecast from its settings; never from an argument, which others could see.

Exit codes: 0 nothing is wrong, 1 something is, 2 it can't be asked: a bad address, nobody there, a wrong password.
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from services.doctor import texts
from services.doctor.address import BadAddressError, PageAddress
from services.doctor.ingest_here import ingest_here, setting_refused
from services.doctor.visit import Secret, visit
from services.doctor.web import CannotLookError
from shared import __version__
from shared.access.settings import EnvironmentSecrets
from shared.checkup.finding import Finding, Weight, in_order, is_well
from shared.lifecycle import run_service
from shared.page_address import page_address
from shared.settings import load_settings

EXIT_WRONG: Final = 1
EXIT_CANNOT_ASK: Final = 2


def main() -> int:
    given = _arguments()
    try:
        page = PageAddress.parse(given.url or page_address(os.environ))
    except BadAddressError as error:
        sys.stderr.write(f"framecast doctor: {error}\n")
        return EXIT_CANNOT_ASK
    is_ours = given.url is None
    findings = list(ingest_here()) if is_ours else []
    try:
        findings += visit(page, lambda: _secret(is_ours=is_ours))
        code = 0 if is_well(findings) else EXIT_WRONG
    except CannotLookError as error:
        findings += [error.finding, *(setting_refused() if is_ours else ())]
        code = EXIT_CANNOT_ASK
    tell(page, in_order(findings), code, as_json=given.json)
    return code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="framecast doctor", description="Tells what works and what does not, and what to do."
    )
    parser.add_argument(
        "url", nargs="?", metavar="URL", help="of the page; without it this computer's, by the settings"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser.parse_args()


def _secret(*, is_ours: bool) -> Secret | None:
    """What to show. The settings' own secrets go to no other address than the settings'."""
    if token := os.environ.get("FRAMECAST_TOKEN"):
        return "token", token
    if password := os.environ.get("FRAMECAST_PASSWORD"):
        return "password", password
    if is_ours and (found := _of_the_settings()) is not None:
        return found
    if sys.stdin.isatty() and (typed := getpass.getpass(texts.PROMPT, sys.stderr)):
        return "password", typed
    return None


def _of_the_settings() -> Secret | None:
    settings = load_settings(EnvironmentSecrets)
    for token, password in (
        (settings.operator_token, settings.operator_password),
        (settings.viewer_token, settings.viewer_password),
    ):
        if token is not None:
            return "token", token.get_secret_value()
        if password is not None:
            return "password", password.get_secret_value()
    return None


def tell(page: PageAddress, findings: Sequence[Finding], code: int, *, as_json: bool) -> None:
    if as_json:
        told = [
            {"weight": each.weight.value, "about": _printable(each.about)}
            | {"text": _printable(each.text), "advice": _printable(each.advice)}
            for each in findings
        ]
        document = {"address": str(page), "version": __version__, "exit_code": code, "findings": told}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    sys.stdout.writelines(f"{line}\n" for each in findings for line in _lines(each))
    counts = [sum(each.weight is weight for each in findings) for weight in (Weight.WRONG, Weight.DOUBT)]
    sys.stdout.write(f"\n{texts.summary(*counts) if any(counts) else texts.ALL_WELL}\n")


def _lines(finding: Finding) -> Iterable[str]:
    yield _printable(f"{texts.WEIGHTS[finding.weight]:5}  {finding.about}: {finding.text}")
    if finding.advice:
        yield _printable(f"       -> {finding.advice}")


def _printable(text: str) -> str:
    """What a server tells may hold anything: a terminal would obey it."""
    return "".join(character if character.isprintable() else "?" for character in text)


if __name__ == "__main__":
    run_service(main)
