"""`python -m tests.miniprogram.serve`: the product on free ports for pictures, until Ctrl-C; prints its addresses."""

import contextlib
import signal
import tempfile
from pathlib import Path

from tests.journeys.stack import running


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), SCHEMA="models") as stack:
        print(f"SERVER={stack.url} WECHAT={stack.wechat}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
