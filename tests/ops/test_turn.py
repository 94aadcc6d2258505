"""coturn with our configuration relays to people and refuses every special address (ASVS 5.0 17.1.1)."""

import asyncio
import base64
import hashlib
import hmac
import socket
import subprocess
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aioice import stun
from aioice.turn import UDP_TRANSPORT, TurnClientUdpProtocol

from tests.ops.process import ROOT
from tests.ports import free_port

SECRET = "only-for-this-test"
FAMILY = (0x0017, "REQUESTED-ADDRESS-FAMILY", stun.pack_unsigned, stun.unpack_unsigned)  # RFC 8656, 18.8
REFUSED = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1", "fd12::1",
    "fe80::1", "ff02::1",
]  # fmt: skip


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("turn")
    number = free_port(socket.SOCK_DGRAM)
    options = {
        "static-auth-secret": SECRET,
        "realm": "test",
        "listening-port": str(number),
        "listening-ip": "127.0.0.1",
        "pidfile": str(folder / "pid"),
        "userdb": str(folder / "turndb"),
    }
    command = ["turnserver", "-c", str(ROOT / "deploy" / "turnserver.conf"), "--no-tls", "--no-dtls"]
    command += ["--relay-ip=127.0.0.1", "--relay-ip=::1", *(f"--{key}={value}" for key, value in options.items())]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield number
    process.kill()
    process.wait()


def credential(lifetime: int, secret: str = SECRET) -> tuple[str, str]:
    """What the application hands out: the end of its life and the person, signed with the shared secret."""
    name = f"{int(time.time()) + lifetime}:someone"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(digest).decode()


class Client:
    """A relay allocation of one address family; `binds(peer)` gives 200 or the error's code."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.server, self.user, self.password, self.channel = ("127.0.0.1", port), user, password, 0x4000

    async def __aenter__(self) -> "Client":
        loop = asyncio.get_running_loop()
        self.transport, self.turn = await loop.create_datagram_endpoint(
            lambda: TurnClientUdpProtocol(
                self.server, username=self.user, password=self.password, lifetime=600, channel_refresh_time=500
            ),
            remote_addr=self.server,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()

    async def allocates(self, family: int) -> int:
        request = stun.Message(message_method=stun.Method.ALLOCATE, message_class=stun.Class.REQUEST)
        request.attributes["LIFETIME"] = 600
        request.attributes["REQUESTED-TRANSPORT"] = UDP_TRANSPORT
        request.attributes["REQUESTED-ADDRESS-FAMILY"] = family << 24
        return await code(self.turn.request_with_retry(request))

    async def binds(self, peer: str) -> int:
        self.channel += 1
        return await code(self.turn.channel_bind(self.channel, (peer, 3478)))


async def code(request: Coroutine[Any, Any, Any]) -> int:
    try:
        await request
    except stun.TransactionFailed as refusal:
        return int(refusal.response.error_code or 0)
    return 200


@pytest.fixture(autouse=True)
def family_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stun.ATTRIBUTES_BY_TYPE, FAMILY[0], FAMILY)
    monkeypatch.setitem(stun.ATTRIBUTES_BY_NAME, FAMILY[1], FAMILY)


def run(verb: Coroutine[Any, Any, int]) -> int:
    """In a thread of its own: the one of the tests may have a browser's loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, verb).result()


async def answer(port: int, peer: str) -> int:
    async with Client(port, *credential(600)) as client:
        assert await client.allocates(2 if ":" in peer else 1) == 200
        return await client.binds(peer)


@pytest.mark.parametrize("peer", REFUSED)
def test_a_special_address_is_refused_as_a_peer(port: int, peer: str) -> None:
    assert run(answer(port, peer)) == 403


@pytest.mark.parametrize("peer", ["119.29.29.29", "2400:3200::1"])
def test_an_address_of_the_world_is_allowed_as_a_peer(port: int, peer: str) -> None:
    assert run(answer(port, peer)) == 200


@pytest.mark.parametrize(
    ("user", "password"),
    [credential(-60), credential(600, "another secret"), ("someone", "guess")],
    ids=["expired", "another secret", "a guess"],
)
def test_an_expired_or_wrong_credential_is_refused(port: int, user: str, password: str) -> None:
    async def tries() -> int:
        async with Client(port, user, password) as client:
            return await client.allocates(1)

    assert run(tries()) == 401
