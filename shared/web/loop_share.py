"""Keeps connections from taking a whole turn of the loop, so that others (the fan-out above all) come in between.

A thousand clients that send requests as fast as they can are a thousand callbacks in each turn, half a second or more.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

STEPS_PER_TURN: Final = 8
"""A step parses at most 2 KiB, or answers one request: about a millisecond."""
_Step = Callable[[], object]


class LoopShare:
    """Runs steps, `STEPS_PER_TURN` in a turn of the loop; further ones wait for the next turns.

    Each client's steps run in their order. The clients take turns, so a client waits for one step of each other one,
    and not for all that somebody with a thousand connections has asked for. One for each server, used on its loop. Its
    users limit how many steps wait: each connection has two at most.
    """

    def __init__(self) -> None:
        self._lines: dict[str, deque[_Step]] = {}
        """The steps that wait, by client. Whose turn is next comes first."""
        self._left = STEPS_PER_TURN
        self._is_turn_due = False

    def run(self, client: str, step: _Step) -> None:
        """Call the client's `step` now, or in a later turn if this one is used up."""
        self._await_turn()
        if self._left and not self._lines:
            self._left -= 1
            step()
        else:
            self._lines.setdefault(client, deque()).append(step)

    def _await_turn(self) -> None:
        if not self._is_turn_due:
            self._is_turn_due = True
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._is_turn_due = False
        self._left = STEPS_PER_TURN
        while self._lines and self._left:
            self._left -= 1
            # By the loop, so that one that raises is reported, and stops no other.
            asyncio.get_running_loop().call_soon(self._next_step())
        if self._left < STEPS_PER_TURN:
            self._await_turn()

    def _next_step(self) -> _Step:
        client = next(iter(self._lines))
        line = self._lines.pop(client)
        step = line.popleft()
        if line:
            self._lines[client] = line
        return step


_shares: Final[WeakKeyDictionary[ServerState, LoopShare]] = WeakKeyDictionary()


def share_of(server: ServerState) -> LoopShare:
    """The one that all connections of a server have together."""
    if server not in _shares:
        _shares[server] = LoopShare()
    return _shares[server]
