"""A supervisor over small programs: `python -m tests.ops.harness NAME CODE [NAME CODE …]`, the code being Python."""

import asyncio
import sys
from pathlib import Path

from tools.supervisor import Program, StartFailed, Supervisor


async def main(arguments: list[str]) -> int:
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    programs = [Program(name, [sys.executable, "-u", "-c", code], grace=1) for name, code in pairs]
    supervisor = Supervisor(Path.cwd(), [p.name for p in programs])
    try:
        await supervisor.start(*programs)
        supervisor.say("started")
        await supervisor.forever()
    except StartFailed as fault:
        supervisor.say(str(fault))
        return 1
    finally:
        await supervisor.stop()
    supervisor.say("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
