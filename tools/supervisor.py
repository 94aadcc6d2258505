"""A small process supervisor: starts programs, joins their output, restarts what dies, leaves no orphan.

One thread, one event loop. Each program leads its own process group; the supervisor is the subreaper of
all their descendants, and every program asks the kernel for a SIGTERM should the supervisor itself be killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None, use_errno=True)
_COLOURS = (36, 32, 35, 33, 34, 31)
READY_WITHIN = 60.0  # seconds a program has from its start until it must be ready
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 0.2, 5.0, 30.0  # seconds between restarts; after STEADY alive it counts anew


class StartFailed(Exception):
    """A program ended, or was not ready in time, at the first start; the text is one line for the user."""


@dataclass(frozen=True)
class Program:
    """What to run. `ready` is asked again and again until it is true; without it, running is being ready."""

    name: str
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[bool]] | None = None
    grace: float = 10.0  # seconds between SIGTERM and SIGKILL when stopping


class Child:
    """A running program."""

    def __init__(self, program: Program, cwd: Path, emit: Callable[[str, str], None]) -> None:
        self.program, self.began = program, time.monotonic()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        supervisor = os.getpid()
        self.process = subprocess.Popen(
            program.command,
            cwd=cwd,
            env={**os.environ, **program.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: _end_with(supervisor),  # safe: this process has one thread
        )
        self.reader = asyncio.ensure_future(self._read(emit))

    @property
    def pid(self) -> int:
        return self.process.pid

    async def _read(self, emit: Callable[[str, str], None]) -> None:
        stream = asyncio.StreamReader(limit=2**20)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), self.process.stdout
        )
        rest = b""
        try:
            while chunk := await stream.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    emit(self.program.name, line.decode(errors="replace").rstrip("\r"))
            if rest:
                emit(self.program.name, rest.decode(errors="replace"))
        finally:
            transport.close()

    def signal(self, number: int) -> None:
        """To the whole group: what a program started goes with it, also when the program is dead already."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def is_ready(self) -> bool:
        """Waits until ready. False: it ended first, or took longer than READY_WITHIN."""
        if self.program.ready is None:
            return not self.ended.done()
        until = time.monotonic() + READY_WITHIN
        while not self.ended.done() and time.monotonic() < until:
            if await self.program.ready():
                return True
            await asyncio.wait([self.ended], timeout=0.05)
        return False


class Supervisor:
    """Runs programs until told to stop. Use: `await start(a, b)`, … `await forever()`, `await stop()`."""

    def __init__(self, cwd: Path, names: list[str], out: TextIO = sys.stdout) -> None:
        self.cwd, self.out = cwd, out
        self.colour = out.isatty() and "NO_COLOR" not in os.environ
        self.width = max(map(len, names), default=0)
        self.colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
        self.children: dict[str, Child] = {}
        self.by_pid: dict[int, Child] = {}
        self.watchers: list[asyncio.Task[None]] = []
        self.stopping = asyncio.Event()
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stopping.set)

    def emit(self, name: str, line: str) -> None:
        head = f"{name:<{self.width}} │ "
        if self.colour:
            head = f"\x1b[{self.colours.get(name, 37)}m{head}\x1b[0m"
        with contextlib.suppress(BrokenPipeError):
            print(head + line, file=self.out, flush=True)

    def say(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self.out, flush=True)

    async def start(self, *programs: Program) -> None:
        """Starts them side by side and waits until all are ready. Raises StartFailed; nobody is restarted then."""
        started = [self._spawn(program) for program in programs]
        readies = [asyncio.ensure_future(child.is_ready()) for child in started]
        stop = asyncio.ensure_future(self.stopping.wait())
        try:
            for child, ready in zip(started, readies, strict=True):
                await asyncio.wait([ready, stop], return_when=asyncio.FIRST_COMPLETED)
                if self.stopping.is_set():
                    return
                if not ready.result():
                    raise StartFailed(_why(child))
        finally:
            for task in (*readies, stop):
                task.cancel()
        self.watchers += [asyncio.ensure_future(self._keep(child)) for child in started]

    async def once(self, program: Program) -> None:
        """Runs a program to its end. Raises StartFailed when it ends with another code than 0."""
        child = self._spawn(program)
        stop = asyncio.ensure_future(self.stopping.wait())
        either: list[asyncio.Future[Any]] = [child.ended, stop]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self.stopping.is_set():
            return
        await child.reader
        del self.children[program.name]
        if child.ended.result():
            raise StartFailed(_why(child))

    async def forever(self) -> None:
        await self.stopping.wait()

    async def stop(self) -> None:
        """Ends all programs, the first started last, each within its grace; kills whatever is left of them."""
        self.stopping.set()
        for watcher in self.watchers:
            watcher.cancel()
        children = list(self.children.values())
        for group in (children[1:], children[:1]):
            for child in group:
                child.signal(signal.SIGTERM)
            await asyncio.gather(*(self._end(child) for child in group))
        await self._kill_orphans()

    async def _end(self, child: Child) -> None:
        await asyncio.wait([child.ended], timeout=child.program.grace)
        if not child.ended.done():
            self.emit(child.program.name, f"未在 {child.program.grace:.0f} 秒内结束,强制结束")
        child.signal(signal.SIGKILL)
        await child.ended
        await asyncio.wait([child.reader], timeout=1)

    async def _kill_orphans(self) -> None:
        for _ in range(50):
            left = _children_of(os.getpid())
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.02)

    def _spawn(self, program: Program) -> Child:
        child = Child(program, self.cwd, self.emit)
        self.children[program.name] = child
        self.by_pid[child.pid] = child
        return child

    async def _keep(self, child: Child) -> None:
        """Starts the program again whenever it ends, with growing pauses while it keeps ending."""
        pause = FIRST_PAUSE
        while True:
            code = await asyncio.shield(child.ended)  # this task may be cancelled, the fact may not
            child.signal(signal.SIGKILL)  # what it left behind would hold its port
            if time.monotonic() - child.began > STEADY:
                pause = FIRST_PAUSE
            self.emit(child.program.name, f"意外结束({_cause(code)}),{pause:.1f} 秒后重新启动")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            child = self._spawn(child.program)
            if await child.is_ready():
                self.emit(child.program.name, f"已恢复(进程 {child.pid})")
            elif not child.ended.done():
                child.signal(signal.SIGKILL)

    def _reap(self) -> None:
        """Collects every ended process, ours and adopted ones."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            if child := self.by_pid.pop(pid, None):
                child.process.returncode = code
                child.ended.set_result(code)


def _end_with(supervisor: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:
        os._exit(1)


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                after_name = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                if int(after_name[1]) == parent:
                    found.append(int(entry))
    return found


def _cause(code: int) -> str:
    return f"信号 {signal.Signals(-code).name}" if code < 0 else f"退出码 {code}"


def _why(child: Child) -> str:
    name = child.program.name
    if not child.ended.done():
        return f"{name} 在 {READY_WITHIN:.0f} 秒内没有就绪,日志见上"
    return f"{name} 启动失败({_cause(child.ended.result())}),日志见上"
