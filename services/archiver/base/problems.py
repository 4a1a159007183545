"""What is wrong at the moment, in words, by what it concerns. Logged when it changes, shown for as long as it lasts."""

from shared.logs import get_logger

log = get_logger(__name__)


class Problems:
    """Changed on the loop's thread only; reading is fine from any."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def report(self, about: str, text: str) -> None:
        if self._texts.get(about) != text:
            log.warning("problem", about=about, text=text)
            self._texts[about] = text

    def clear(self, about: str) -> None:
        if self._texts.pop(about, None) is not None:
            log.info("problem over", about=about)

    def texts(self) -> list[str]:
        return list(self._texts.values())
