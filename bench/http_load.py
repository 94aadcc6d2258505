"""Load on HTTP: `python -m bench.http_load --port P --plan FILE`, one JSON line out.

FILE: one request a line, {"method", "path", "token"?, "body"?}. `--conns` kept-alive connections take the next one each
in turn (a closed loop), around again with --repeat.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import uvloop


def encoded(line: str, port: int) -> bytes:
    plan = json.loads(line)
    body = json.dumps(plan["body"]).encode() if "body" in plan else b""
    head = [f"{plan['method']} {plan['path']} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    if "token" in plan:
        head.append(f"Authorization: Bearer {plan['token']}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """One request at a time; reads the status and skips the body."""

    def __init__(self, requests: Iterator[bytes], statuses: Counter[int], latency: list[float]) -> None:
        self.requests, self.statuses, self.latency = requests, statuses, latency
        self.buffer = b""
        self.began = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.next()

    def next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) < length:
            return
        self.statuses[int(head[9:12])] += 1
        self.latency.append(time.perf_counter() - self.began)
        self.buffer = rest[length:]
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(exc)


async def run(a: argparse.Namespace) -> dict[str, object]:
    lines = [encoded(line, a.port) for line in Path(a.plan).read_text().splitlines()]
    statuses: Counter[int] = Counter()
    latency: list[float] = []
    until = time.perf_counter() + a.warm + a.seconds
    source = itertools.cycle(lines) if a.repeat else iter(lines)
    requests = itertools.takewhile(lambda _: time.perf_counter() < until, source)
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Connection(requests, statuses, latency), "127.0.0.1", a.port))[1]
        for _ in range(a.conns)
    ]
    await asyncio.sleep(a.warm)
    before, start = len(latency), time.perf_counter()
    await asyncio.wait([c.done for c in made], timeout=a.seconds + 20)
    took = time.perf_counter() - start
    measured = sorted(latency[before:])
    p99 = measured[int(len(measured) * 0.99)] * 1e3 if measured else None
    return {"per_second": len(measured) / took, "total": len(measured), "statuses": statuses, "p99_ms": p99}


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--port", type=int, required=True)
    args.add_argument("--plan", required=True)
    args.add_argument("--conns", type=int, default=100)
    args.add_argument("--warm", type=float, default=1)
    args.add_argument("--seconds", type=float, default=4)
    args.add_argument("--repeat", action="store_true")
    a = args.parse_args()
    print(json.dumps(uvloop.run(asyncio.wait_for(run(a), 120))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
