"""The asyncio client against ingest's server, and against servers that fail it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
import zmq
from structlog.testing import capture_logs

from shared.control import client as client_module
from shared.control.client import ControlClient
from shared.control.messages import (
    ClientFacts,
    ControlRefusedError,
    ControlSilentError,
    Proof,
    decode_request,
    done,
    encode_answer,
)
from tests.shared.control.answering import answering
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, eventually

ROOT = Path(__file__).parents[3]
LONG = 30.0
SHOWN = "right"


async def test_a_request_brings_what_the_person_showed_and_its_result_comes_back() -> None:
    """Ingest judges it, and believes no sender."""
    with answering() as control:
        client = ControlClient(control.address)
        result = await client.ask(
            "log_in", Proof(password=SHOWN), ClientFacts(address="192.0.2.7", browser="Firefox"), {"a": [1, None]}
        )
        assert result == {"did": "log_in", "is_local": False}
        (request,) = control.handler.done
        assert (request.proof, request.arguments) == (Proof(password=SHOWN), {"a": [1, None]})
        assert request.client == ClientFacts(address="192.0.2.7", browser="Firefox")
        with pytest.raises(ControlRefusedError) as refused:
            await client.ask("refuse")
        assert (refused.value.why, str(refused.value), refused.value.wait_seconds) == (
            "wrong",
            "That is not the password.",
            3.0,
        )
        await client.close()


@pytest.mark.parametrize("odd", ["secret\ud800", float("nan"), float("inf")])
async def test_what_can_t_be_sent_is_refused_without_a_word_of_it(odd: object) -> None:
    """A page's JSON may have such things, and they are valid in Python."""
    client = ControlClient("tcp://127.0.0.1:1")
    with pytest.raises(ControlRefusedError) as refused:
        await client.ask("camera_change", arguments={"settings": {"rtsp_password": odd}})
    assert refused.value.why == "malformed"
    assert refused.value.__cause__ is None
    assert "secret" not in str(refused.value)
    await client.close()


async def test_many_requests_take_turns_on_one_connection_and_too_many_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page that many people open at once. Ingest takes eight requests of a connection."""
    monkeypatch.setattr(client_module, "MAX_WAITING", 40)
    with answering() as control:
        client = ControlClient(control.address)
        outcomes = await asyncio.gather(
            *(client.ask("state", deadline_seconds=LONG) for _ in range(41)), return_exceptions=True
        )
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [refusal.why for refusal in refusals if isinstance(refusal, ControlRefusedError)] == ["busy"]
        assert len(control.handler.done) == 40
        await client.close()


async def test_it_waits_for_an_ingest_that_starts_within_the_deadline() -> None:
    """Ingest was restarted, and its name may have another address now."""
    address = f"tcp://127.0.0.1:{free_port()}"
    client = ControlClient(address)
    with capture_logs() as lines:
        asking = asyncio.create_task(client.ask("state", deadline_seconds=LONG))
        await eventually(lambda: lines)
    with answering(address):
        assert (await asking)["did"] == "state"
    await client.close()


async def test_without_an_ingest_it_says_so_at_the_deadline() -> None:
    """Silence is never an answer."""
    client = ControlClient(f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(ControlSilentError, match="does not answer"):
        await client.ask("state", deadline_seconds=1)
    await client.close()


async def test_a_request_is_sent_again_with_its_id_when_the_connection_ends() -> None:
    """It is done once: ingest remembers the answer."""
    address = f"tcp://127.0.0.1:{free_port()}"
    client = ControlClient(address)
    with answering(address) as control:
        asking = asyncio.create_task(client.ask("wait", deadline_seconds=LONG))
        await eventually(lambda: control.handler.done)
    with answering(address) as control:
        await eventually(lambda: control.handler.done)
        control.handler.release.set()
        assert (await asking)["did"] == "wait"
        assert (await client.ask("state"))["did"] == "state"
    await client.close()


async def test_a_second_loss_is_told() -> None:
    """It is not tried for ever: whether it was done is not known."""
    address = f"tcp://127.0.0.1:{free_port()}"
    client = ControlClient(address)
    asking = asyncio.create_task(client.ask("wait", deadline_seconds=LONG))
    for _ in range(2):
        with answering(address) as control:
            await eventually(lambda control=control: control.handler.done)  # type: ignore[misc]
    with pytest.raises(ControlSilentError):
        await asking
    await client.close()


async def test_a_slow_ingest_is_no_dead_one() -> None:
    """It answers PINGs, so the connection stays and the others on it are not disturbed."""
    with answering() as control:
        client = ControlClient(control.address)
        with capture_logs() as lines, pytest.raises(ControlRefusedError) as late:
            await client.ask("wait", deadline_seconds=1)
        assert late.value.why == "late"
        assert not lines
        await client.close()


async def test_a_connection_that_has_fallen_silent_is_given_up_and_the_request_sent_anew() -> None:
    """A broken network ends nothing. Here the first connection's other end only reads."""
    accepted: list[asyncio.StreamWriter] = []
    passed: list[asyncio.Task[None]] = []
    with answering() as control:
        host, port = control.address.removeprefix("tcp://").split(":")

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.append(writer)
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            accepted.append(far_writer)
            is_first = len(accepted) == 2

            async def back() -> None:
                passed_bytes = 0
                while data := await far_reader.read(65536):
                    passed_bytes += len(data)
                    if not is_first or passed_bytes < 100:  # the handshake passes, and no answer
                        writer.write(data)

            passed.append(asyncio.create_task(back()))
            while data := await reader.read(65536):
                far_writer.write(data)

        server = await asyncio.start_server(relay, "127.0.0.1")
        client = ControlClient(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert (await client.ask("state", deadline_seconds=4))["did"] == "state"
        assert len(accepted) == 4
        assert len(control.handler.done) == 1
        await client.close()
        server.close()
        for task in passed:
            task.cancel()
        for writer in accepted:
            writer.close()


async def test_it_asks_any_router() -> None:
    """The other end may be a program of a user's, for a test of theirs."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")

    def answer_one() -> None:
        assert router.poll(10_000 * PATIENCE)
        *envelope, body = router.recv_multipart()
        router.send_multipart([*envelope, encode_answer(done(decode_request(body), {"mine": True}))])

    client = ControlClient(f"tcp://127.0.0.1:{port}")
    answering_once = asyncio.get_running_loop().run_in_executor(None, answer_one)
    assert await client.ask("state") == {"mine": True}
    await answering_once
    await client.close()
    context.destroy(linger=0)


async def test_closing_ends_what_is_under_way() -> None:
    """And nothing is asked afterwards."""
    with answering() as control:
        client = ControlClient(control.address)
        asking = asyncio.create_task(client.ask("wait", deadline_seconds=LONG))
        await eventually(lambda: control.handler.done)
        await client.close()
        with pytest.raises(ControlSilentError):
            await asking
        with pytest.raises(ControlSilentError):
            await client.ask("state")


def test_until_it_asks_it_costs_no_library_and_no_connection() -> None:
    """Stream and the archiver make one at their start."""
    code = (
        "import json, sys, threading\n"
        "from shared.control.client import ControlClient\n"
        "ControlClient('tcp://127.0.0.1:1')\n"
        "print(json.dumps([threading.active_count(), sorted({'zmq', 'nacl'} & set(sys.modules))]))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == [1, []]


async def test_over_a_path_too(tmp_path: Path) -> None:
    """`ipc://` is an address like another: a proof is needed there."""
    with answering(f"ipc://{tmp_path}/control") as control:
        client = ControlClient(control.address)
        assert await client.ask("state") == {"did": "state", "is_local": False}
        await client.close()
