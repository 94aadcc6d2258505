"""Load on sockets: `python -m bench.ws_load MODE …`, one JSON line out. A process of its own on a core of its own.

relay: pairs of clients, each with `window` messages in flight; counts messages that arrive in `seconds`, for each
    second and for each second of processor time that the server used.
idle: opens `count` sockets, holds them, asks each for a pong, and reads the server's memory by process id.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from typing import Any
from urllib.request import Request, urlopen

import psutil
import uvloop
from picows import WSListener, WSMsgType, ws_connect


class Client(WSListener):
    """Counts what it hears; `answer` sends the next message."""

    def __init__(self, wanted: bytes) -> None:
        self.wanted = wanted  # how a relayed message begins
        self.open = asyncio.get_running_loop().create_future()
        self.heard = 0
        self.transport: Any = None
        self.gone = False
        self.partner: Client
        self.message = b""
        self.go_on = True

    def on_ws_connected(self, transport: Any) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: Any) -> None:
        self.gone = True
        if not self.open.done():
            self.open.set_exception(ConnectionError("closed"))

    def on_ws_frame(self, transport: Any, frame: Any) -> None:
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            return
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        if payload.startswith(self.wanted):
            self.heard += 1
            if self.go_on:
                self.say()
        elif not self.open.done():
            self.open.set_result(None)

    def say(self) -> None:
        self.transport.send(WSMsgType.TEXT, self.message)


def padding(size: int) -> dict[str, Any]:
    """Something like a candidate or a description, about `size` bytes long."""
    return {"candidate": {"candidate": "x" * max(0, size - 110), "sdpMid": "0"}}


class Ours:
    def __init__(self, port: int, size: int) -> None:
        self.base, self.port, self.size = f"http://127.0.0.1:{port}", port, size
        self.wanted = b'{"t":"signal"'

    def url(self, room: str, endpoint: str) -> str:
        body = json.dumps({"channel": "bench", "id": room, "endpoint": endpoint}).encode()
        request = Request(f"{self.base}/api/socket-tickets", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=30) as reply:
            return f"ws://127.0.0.1:{self.port}/ws?ticket={json.loads(reply.read())['ticket']}"

    def message(self, room: str, mine: str, theirs: str) -> bytes:
        said = {"t": "signal", "to": theirs, "epoch": 1, "data": padding(self.size)}
        return json.dumps(said, separators=(",", ":")).encode()


class Peerjs:
    def __init__(self, port: int, size: int) -> None:
        self.base, self.port, self.size = f"http://127.0.0.1:{port}", port, size
        self.wanted = b'{"type":"OFFER"'

    def url(self, room: str, endpoint: str) -> str:
        name = f"{room}{endpoint}"
        return f"ws://127.0.0.1:{self.port}/peerjs?key=peerjs&id={name}&token=t{name}&version=1.5.4"

    def message(self, room: str, mine: str, theirs: str) -> bytes:
        said = {"type": "OFFER", "src": room + mine, "dst": room + theirs, "payload": padding(self.size)}
        return json.dumps(said, separators=(",", ":")).encode()


async def connect(protocol: Ours | Peerjs, url: str) -> Client:
    client = Client(protocol.wanted)
    headers = [("Origin", protocol.base)]
    await ws_connect(
        lambda: client, url, extra_headers=headers, enable_auto_ping=False, websocket_handshake_timeout=60
    )
    await asyncio.wait_for(client.open, 60)
    return client


async def relay(protocol: Ours | Peerjs, a: argparse.Namespace) -> dict[str, Any]:
    mark = os.urandom(3).hex()
    clients = []
    for n in range(a.pairs):
        room, ends = f"{mark}{n}", ("agent", "applicant-pc")
        pair = [await connect(protocol, protocol.url(room, end)) for end in ends]
        for client, mine, theirs in zip(pair, ends, reversed(ends), strict=True):
            client.message = protocol.message(room, mine, theirs)
        clients += pair
    for client in clients:
        for _ in range(a.window):
            client.say()
    await asyncio.sleep(a.warm)
    before, start, cpu = sum(c.heard for c in clients), time.perf_counter(), cpu_seconds(a.pid)
    await asyncio.sleep(a.seconds)
    count, took, cpu = sum(c.heard for c in clients) - before, time.perf_counter() - start, cpu_seconds(a.pid) - cpu
    for client in clients:
        client.go_on = False
    return {"per_second": count / took, "per_core": count / cpu, "lost_sockets": sum(c.gone for c in clients)}


async def idle(protocol: Ours | Peerjs, a: argparse.Namespace) -> dict[str, Any]:
    before = memory(a.pid)
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(16)
    clients: list[Client] = []

    async def open_one(n: int) -> None:
        async with gate:
            url = await loop.run_in_executor(None, protocol.url, f"idle{n // 2}", ("agent", "applicant-pc")[n % 2])
            clients.append(await connect(protocol, url))

    await asyncio.gather(*(open_one(n) for n in range(a.count)))
    await asyncio.sleep(2)
    if isinstance(protocol, Ours):  # each has spoken once
        for client in clients:
            client.transport.send(WSMsgType.TEXT, b'{"t":"ping"}')
        await asyncio.sleep(3)
    after = memory(a.pid)
    alive = sum(not c.gone for c in clients)
    return {"open": alive, "bytes_each": (after - before) / max(1, alive)}


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children so far."""
    process = psutil.Process(pid)
    return sum(sum(p.cpu_times()[:2]) for p in [process, *process.children(recursive=True)])


def memory(pid: int) -> int:
    """Resident bytes of a process and its children."""
    process = psutil.Process(pid)
    return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)])


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("mode", choices=["relay", "idle"])
    args.add_argument("--peer", choices=["ours", "peerjs"], required=True)
    args.add_argument("--port", type=int, required=True)
    args.add_argument("--size", type=int, default=200)
    args.add_argument("--pairs", type=int, default=50)
    args.add_argument("--window", type=int, default=2)
    args.add_argument("--warm", type=float, default=1)
    args.add_argument("--seconds", type=float, default=4)
    args.add_argument("--count", type=int, default=5000)
    args.add_argument("--pid", type=int, default=0)
    a = args.parse_args()
    protocol = (Ours if a.peer == "ours" else Peerjs)(a.port, a.size)
    work = relay(protocol, a) if a.mode == "relay" else idle(protocol, a)
    result = uvloop.run(asyncio.wait_for(work, 240))
    print(json.dumps(result), flush=True)
    os._exit(0)  # without closing handshakes


if __name__ == "__main__":
    main()
