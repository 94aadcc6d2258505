"""The supervisor heals what dies and leaves nothing behind."""

import os
import signal
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.ops.process import Command

SAYS_PID = "import os, signal; print('pid', os.getpid()); signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SAYS_PID
# A parent with a child in a session of its own, as an RQ worker has.
PARENT = (
    "import os, signal, subprocess, sys\n"
    "kid = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], start_new_session=True)\n"
    "print('kid', kid.pid); print('pid', os.getpid()); signal.pause()"
)

Start = Callable[..., Command]


@pytest.fixture
def start() -> Iterator[Start]:
    commands: list[Command] = []

    def run(*arguments: str) -> Command:
        commands.append(Command(sys.executable, "-m", "tests.ops.harness", *arguments))
        return commands[-1]

    yield run
    for command in commands:
        command.close()


def pid(command: Command, name: str, word: str = "pid") -> int:
    return int(command.until(rf"^{name} +│ {word} (\d+)")[1])


def gone(number: int) -> bool:
    """Waits for the end of a process that is not ours to wait for."""
    try:
        psutil.Process(number).wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    return not psutil.pid_exists(number)


def test_a_killed_program_is_started_again_and_the_other_is_left_alone(start: Start) -> None:
    command = start("one", SAYS_PID, "other", "print('up')\n" + SAYS_PID)
    first = pid(command, "one")
    command.until("^started")
    for _ in range(3):
        os.kill(first, signal.SIGKILL)
        command.until("^one +│ 意外结束.信号 SIGKILL")
        second = pid(command, "one")
        assert second != first
        first = second
    command.signal(signal.SIGTERM)
    assert command.end() == 0
    assert sum("other │ up" in line for line in command.lines) == 1


def test_what_a_killed_program_left_in_its_group_is_ended_before_the_restart(start: Start) -> None:
    in_group = PARENT.replace(", start_new_session=True", "")
    command = start("one", in_group)
    kid, parent = pid(command, "one", "kid"), pid(command, "one")
    command.until("^started")
    os.kill(parent, signal.SIGKILL)
    pid(command, "one")
    assert gone(kid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_all_programs_and_their_descendants(start: Start, number: int) -> None:
    command = start("one", SAYS_PID, "two", PARENT)
    pids = [pid(command, "two", "kid"), pid(command, "two")]
    command.until("^started")
    command.signal(number)
    assert command.end() == 0
    assert command.lines[-1] == "stopped"
    assert all(gone(p) for p in pids)


def test_a_program_that_ignores_the_stop_is_killed_after_its_grace(start: Start) -> None:
    command = start("one", DEAF)
    deaf = pid(command, "one")
    command.until("^started")
    command.signal(signal.SIGTERM)
    command.until("^one .*强制结束")
    assert command.end() == 0
    assert gone(deaf)


def test_a_killed_supervisor_takes_its_programs_along(start: Start) -> None:
    command = start("one", SAYS_PID, "two", SAYS_PID)
    pids = [pid(command, "one"), pid(command, "two")]
    command.until("^started")
    command.signal(signal.SIGKILL)
    command.end()
    assert all(gone(p) for p in pids)


def test_a_program_that_ends_at_once_after_the_start_is_tried_with_growing_pauses(start: Start) -> None:
    command = start("one", "print('up'); raise SystemExit(3)")
    pauses = [float(command.until(r"^one .*退出码 3.*,([\d.]+) 秒后")[1]) for _ in range(3)]
    assert pauses == [0.2, 0.4, 0.8]
    command.signal(signal.SIGTERM)
    assert command.end() == 0
