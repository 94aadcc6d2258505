"""Frames that no browser sends: the socket ends, the process and its other sockets don't notice."""

import json
import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from tests.conftest import until
from tests.realtime.conftest import Client, Server
from tests.realtime.raw import RawClient, frame

SIGNAL = json.dumps(
    {"t": "signal", "to": "agent", "epoch": 1, "data": {"candidate": {"candidate": "candidate:1 1 udp", "sdpMid": "0"}}}
)


@pytest.mark.parametrize(
    ("bytes_", "code"),
    [
        (frame(b"{}", masked=False), 1002),
        (frame(b"\xff\xfe{}"), 1008),
        (frame(b"x" * 126, opcode=9), 1002),
        (frame(b"x", opcode=9, fin=False), 1002),
        (frame(b"{}", opcode=3), 1002),
        (frame(b"{}", opcode=11), 1002),
        (frame(b"{}", opcode=0), 1002),
        (bytes([0xC1]) + frame(b"{}")[1:], 1002),
        (frame(b"{}", opcode=2), 1003),
        (frame(b"", length=2**63 - 1), 1009),
        (frame(b"", length=2**63), 1009),
        (frame(b"\x03", opcode=8), 1002),
        (frame(b"\x03\xed", opcode=8), 1002),
        (frame(b"\x03\xe8\xff", opcode=8), 1007),
        (frame(b"{", fin=False) + frame(b"{}"), 1002),
    ],
    ids=[f"frame{n}" for n in range(15)],  # the bytes hold a random mask
)
def test_a_bad_frame_gets_its_close_code(server: Server, room: str, bytes_: bytes, code: int) -> None:
    client = RawClient(server, room)
    client.send(bytes_)
    assert client.close_code() == code
    client.close()


def test_half_a_handshake_and_half_a_frame_hold_nothing(server: Server, room: str) -> None:
    client = RawClient(server, room)
    client.send(frame(SIGNAL.encode())[:9])
    client.close()
    until(lambda: server.stats()["open"] == 0)


header = st.tuples(
    st.sampled_from([0, 1, 2, 3, 8, 9, 10, 15]), st.booleans(), st.booleans(), st.binary(max_size=200)
).map(lambda t: frame(t[3], opcode=t[0], fin=t[1], masked=t[2]))
lying = st.tuples(st.binary(max_size=50), st.integers(0, 2**64 - 1)).map(lambda t: frame(t[0], length=t[1]))


@given(st.lists(st.one_of(header, lying, st.binary(max_size=100)), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_sequence_of_frames_breaks_the_server(server: Server, frames: list[bytes]) -> None:
    client = RawClient(server, "room:frames")
    client.send(b"".join(frames))
    client.close()
    assert server.status("/healthz") == 200


def mutated(dice: random.Random) -> bytes:
    """A signal with up to three bit flips, cuts or insertions."""
    text = bytearray(SIGNAL.encode())
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text))
        new = os.urandom(1) if dice.random() < 0.5 else bytes([dice.randint(32, 126)])
        text[at : at + dice.randint(0, 2)] = new
    return bytes(text)


def signals_until_pong(client: Client) -> list[dict[str, Any]]:
    client.say({"t": "ping"})
    found = []
    while (message := client.hear())["t"] != "pong":
        found.append(message)
    return [m for m in found if m["t"] == "signal"]


def test_mutations_of_a_signal_are_passed_on_whole_or_refused(server: Server, room: str) -> None:
    """What the other side hears is always one object of the server's making."""
    dice, heard = random.Random(7), []
    agent, sender = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    pid = server.stats()["pid"]
    for n in range(400):
        try:
            sender.raw.send(mutated(dice), text=True)
            sender.live()
        except ConnectionClosed:
            sender = server.socket(room, "applicant-pc").live()
        if n % 25 == 24:
            heard += signals_until_pong(agent)
    assert heard
    for message in heard:
        assert set(message) == {"t", "from", "epoch", "data"}
        assert message["from"] == "applicant-pc"
    assert server.stats()["pid"] == pid
    agent.close()
    sender.close()
