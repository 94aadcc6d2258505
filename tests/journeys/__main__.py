"""`make journey`: the product is started, the guide followed on PC, phone and in the mini-program, a line a row."""

import sys
import tempfile
import traceback
from pathlib import Path

from tests.journeys import miniprogram, pc, phone
from tests.journeys.browser import theatre
from tests.journeys.guide import Report, shots_folder
from tests.journeys.stack import ROOT, running

PARTS = {"pc": pc, "phone": phone, "miniprogram": miniprogram}


def main() -> int:
    """All parts, or those named on the command line; rows of a part left out count as not reached."""
    report = Report(shots_folder(ROOT))
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as stack,
        theatre(stack.url, stack.wechat) as stage,
    ):
        for part in [PARTS[name] for name in sys.argv[1:]] or PARTS.values():
            try:
                part.play(stage, report, Path(folder))
            except Exception:
                traceback.print_exc()
                stage.shoot_all(report)
            stage.leave()
        report.looks += stage.errors
        if report.failed:
            print("\n".join(stage.faults[-20:]))
            print(stack.log()[-4000:])
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
