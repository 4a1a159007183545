"""Forged states of access on the bus: by another ingest, by a subscriber, and by somebody in ingest's place."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq

from shared.access.record_secret import digest_of, new_secret
from shared.bus.access_state import AccessRecord, AccessState, decode_access, encode_access
from shared.bus.ingest_report import AccessMark, IngestReport, encode_report
from shared.bus.keys import make_keys
from shared.control.messages import ControlRequest, encode_request, new_request_id
from tests.attacks.conftest import Count
from tests.attacks.tally import Tally
from tests.shared.control.answering import ZeroMqClient
from tests.support.bus import FakeIngest, fake_ingest
from tests.support.owned_stack import Headers, OwnedStack
from tests.support.ports import free_port
from tests.support.waiting import wait_until
from tests.web.support import bearer

LATER = 10**18
"""A number, or a moment, that is greater than any."""
Forge = Callable[[AccessState], dict[str, Any]]
FORGERIES: dict[str, Forge] = {
    "a greater number": lambda known: {"number": known.number + 1000},
    "the next number": lambda known: {"number": known.number + 1},
    "the same number": lambda _: {},
    "a lower number": lambda known: {"number": known.number - 1},
    "another name": lambda known: {"state": "forged", "number": known.number + 1},
    "no name": lambda _: {"state": "none", "number": 0},
    "settled": lambda known: {"number": known.number + 1, "settled": LATER},
    "another name, settled": lambda _: {"state": "forged", "number": LATER, "settled": LATER},
    "no passwords": lambda known: {"number": known.number + 1, "passwords": {}},
    "another run": lambda known: {"number": known.number + 1, "run": "forged", "begun_at": known.number},
}
OLDER = ("the same number", "a lower number", "another name", "no name")
"""Those of which a replica sees by itself that they are not what follows."""


def known(house: OwnedStack) -> AccessState:
    """The state, as everybody may ask for it."""
    client = ZeroMqClient(house.control)
    client.send(encode_request(ControlRequest(id=new_request_id(), do="state")))
    result = json.loads(client.receive())["result"]
    client.close()
    return AccessState.model_validate(result)


def forged(known: AccessState, secret: str, /, **members: Any) -> AccessState:
    """The state with a record of the attacker's own."""
    mine = AccessRecord(sha256=digest_of(secret), role="operator", scope=None, ends_at=None)
    told = known.model_dump() | {"records": (*known.records, mine)} | members
    return AccessState.model_validate(told)


def tell(ingest: FakeIngest, state: AccessState) -> None:
    mark = AccessMark(state=state.state, number=state.number)
    for _ in range(3):
        ingest.send(encode_report(IngestReport(ingest="forged", access=mark)), encode_access(state))


def attempt(house: OwnedStack, tally: Tally, what: str, secret: str) -> None:
    for shown in (bearer(secret), {"Cookie": f"framecast_session={secret}"}, {}):
        tally.attempt(f"{what} {[*shown]}", got_in=house.lets_in(shown))


def test_another_ingest_decides_nothing(tmp_path: Path, count: Count) -> None:
    """It is one that the replicas read cameras from. The first one in BUS_CONNECT is the owner's."""
    tally, real, fake = count("states forged by another ingest"), *(f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    control, other = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    reading = {"BUS_CONNECT": f"{real},{fake}", "BUS_CONTROL": f"{control},{other}"}
    with (
        fake_ingest(fake) as forger,
        OwnedStack(
            tmp_path,
            replicas=2,
            settings_of={"stream": reading, "archiver": reading},
            BUS_BIND=real,
            BUS_CONTROL=control,
        ) as house,
    ):
        operator = house.claim()
        wait_until(lambda: forger.topics, "it is read")
        for what, forge in FORGERIES.items():
            state, secret = known(house), new_secret()
            tell(forger, forged(state, secret, **forge(state)))
            assert house.everywhere(operator) == {200}
            attempt(house, tally, what, secret)
        token = house.make_token(operator)
        assert house.end_token(operator, token).status == 200, "what the owner decides is still heard"
        wait_until(lambda: house.everywhere(bearer(token["secret"])) == {401}, "it has ended")


@contextmanager
def in_ingests_place(house: OwnedStack) -> Iterator[FakeIngest]:
    """Ingest has ended, and somebody else listens at its address."""
    house.services["ingest"].stop()
    with fake_ingest(house.environment["BUS_BIND"]) as forger:
        yield forger


def are_said(house: OwnedStack, operator: Headers, forger: FakeIngest, *states: AccessState) -> bool:
    """Tell the states, and look whether each replica says what is wrong with them."""
    for state in states:
        tell(forger, state)
    told = [house.decide("GET", "", operator, port=port).body.decode() for port in house.streams]
    return all("state of access" in one for one in told)


def test_in_ingests_place_nobody_brings_another_state_or_an_older_one(tmp_path: Path, count: Count) -> None:
    """Without keys. Each replica says so. What follows properly is believed: against that there are keys."""
    tally = count("older and other states in ingest's place, without keys")
    with OwnedStack(tmp_path, replicas=2) as house:
        operator = house.claim()
        token = house.make_token(operator)
        backup = known(house)
        assert house.end_token(operator, token).status == 200
        state = known(house)
        with in_ingests_place(house) as forger:
            wait_until(lambda: forger.topics, "they have connected", 30)
            for what in OLDER:
                secret = new_secret()
                state_of_mine = forged(state, secret, **FORGERIES[what](state))
                wait_until(lambda: are_said(house, operator, forger, state_of_mine, backup), "it is said", 20)  # noqa: B023
                attempt(house, tally, what, secret)
                attempt(house, tally, "the backup's token", token["secret"])
            assert house.everywhere(operator) == {200}


def with_keys(directory: Path) -> dict[str, dict[str, str]]:
    """Keys of all services, as settings."""
    make_keys(directory, ("stream", "archiver"), ("stream", "archiver"))
    server = directory / "server"
    of_clients = {
        name: {
            "BUS_SERVER_KEY_FILE": str(directory / name / "server.key"),
            "BUS_CLIENT_SECRET_FILE": str(directory / name / "client.secret"),
        }
        for name in ("stream", "archiver")
    }
    of_ingest = {
        "BUS_SERVER_SECRET_FILE": str(server / "server.secret"),
        "BUS_AUTHORIZED_KEYS": str(server / "authorized"),
        "BUS_CONTROL_KEYS": str(server / "control"),
    }
    return {"ingest": of_ingest, **of_clients}


def test_with_keys_nobody_in_ingests_place_is_believed(tmp_path: Path, count: Count) -> None:
    """Whatever it tells: it has not ingest's secret key."""
    tally = count("states in ingest's place, with keys")
    with OwnedStack(tmp_path, replicas=2, settings_of=with_keys(tmp_path / "keys")) as house:
        operator = house.claim()
        # The name and the number are known to those who may read the bus; here they come from the file.
        kept = json.loads((house.owner_dir / "access.json").read_text())
        names = {"state": kept["state"], "number": kept["number"]}
        state = AccessState(**names, settled=0, now=0, closed=None, passwords={}, records=())
        with in_ingests_place(house) as forger:
            for what, forge in FORGERIES.items():
                secret = new_secret()
                tell(forger, forged(state, secret, **forge(state)))
                attempt(house, tally, what, secret)
            assert house.everywhere(operator) == {200}


def test_a_subscriber_publishes_nothing(house: OwnedStack, operator: Headers, count: Count) -> None:
    """Sent to ingest's own bus, as a subscription, as a message, and by sockets of other kinds."""
    tally, state = count("states sent to ingest's bus"), known(house)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    for kind in (zmq.XSUB, zmq.SUB, zmq.PUB, zmq.XPUB, zmq.DEALER, zmq.PUSH, zmq.PAIR):
        for what in ("the next number", "settled", "another name", "no passwords"):
            secret = new_secret()
            topic, body = encode_access(forged(state, secret, **FORGERIES[what](state)))
            sender = context.socket(kind)
            sender.linger = sender.sndtimeo = 200
            sender.connect(house.environment["BUS_BIND"])
            time.sleep(0.1)  # it has connected, or never does
            try:
                if kind == zmq.SUB:
                    sender.subscribe(topic)
                    sender.subscribe(body[:400])
                else:
                    sender.send_multipart([topic, body])
                    sender.send_multipart([b"\x01" + topic, body])
            except zmq.ZMQError:
                pass  # it was refused
            sender.close()
            tally.attempt(f"{what} by {kind}", got_in=house.lets_in(bearer(secret)))
    context.destroy(linger=0)
    assert house.everywhere(operator) == {200}


def test_who_reads_the_whole_topic_makes_and_guesses_nothing_of_it(
    house: OwnedStack, operator: Headers, count: Count
) -> None:
    """Each text in it, and what can be computed from it, is shown in each place."""
    tally = count("texts made from the whole topic")
    house.make_token(operator, "Tablet", cameras=["camera_1"])
    state = read_from_the_bus(house)
    texts = {state.state, str(state.number), state.run or "", str(state.begun_at), str(state.now)}
    texts |= {str(generation) for generation in state.passwords.values()}
    for record in state.records:
        texts |= {record.sha256, record.sha256[:12], f"framecast_{record.sha256}", digest_of(record.sha256)}
        texts |= {f"framecast_{digest_of(record.sha256)}", digest_of(f"framecast_{record.sha256}")}
    assert len(texts) > 10
    for number, text in enumerate(sorted(filter(None, texts))):
        source = f"127.44.0.{number + 1}"
        for shown in (bearer(text), {"Cookie": f"framecast_session={text}"}):
            for port in house.streams:
                status = house.status_of(shown, port, source=source)
                tally.attempt(f"{text} {[*shown]}", got_in=status not in (401, 429, 503))
        for query in ("token", "link"):
            status = house.status_of({}, path=f"/api/camera/stream?{query}={text}", source=source)
            tally.attempt(f"{text} as {query}", got_in=status not in (401, 429, 503))
    assert house.everywhere(operator) == {200}


def read_from_the_bus(house: OwnedStack) -> AccessState:
    """As a program of anybody's reads it that may read the bus."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    bus = context.socket(zmq.SUB)
    bus.connect(house.environment["BUS_BIND"])
    bus.subscribe("access/")
    bus.subscribe(f"access/ask/{os.urandom(8).hex()}/")
    try:
        assert bus.poll(20_000), "ingest tells its state"
        return decode_access(bus.recv_multipart())
    finally:
        context.destroy(linger=0)
