# mypy: ignore-errors
# gi ships no types, and Debian's Python, which runs this file, has neither mypy nor the project's libraries.
"""WebKitGTK without a window that anybody sees, for Debian's /usr/bin/python3 with gi; `webkit.py` starts it.

It reads one JSON object a line: `{"goto": ADDRESS}`, answered when the page has loaded, or `{"evaluate": SCRIPT}`. Each
answer is a line of JSON: the script's value, or `{"error": WORDS}`. It ends when stdin closes.
"""

import json
import sys
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402 - after the versions are chosen


def answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class View:
    def __init__(self) -> None:
        self._view = WebKit2.WebView()
        self._view.connect("load-changed", self._loaded)
        window = Gtk.OffscreenWindow(default_width=800, default_height=600)
        window.add(self._view)
        window.show_all()
        GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition(17), self._read)  # IN and HUP

    def _read(self, *_: object) -> bool:
        line = sys.stdin.readline()
        if not line:
            Gtk.main_quit()
            return False
        asked = json.loads(line)
        if "goto" in asked:
            self._view.load_uri(asked["goto"])
        else:
            self._view.evaluate_javascript(asked["evaluate"], -1, None, None, None, self._evaluated)
        return True

    def _loaded(self, _view: object, event: object) -> None:
        if event == WebKit2.LoadEvent.FINISHED:
            answer("null")

    def _evaluated(self, view: Any, result: object) -> None:
        try:
            value = view.evaluate_javascript_finish(result).to_json(0)
        except GLib.Error as error:
            value = json.dumps({"error": error.message})
        answer(value or "null")


view = View()
Gtk.main()
