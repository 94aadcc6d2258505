"""Draw every state machine of the product into docs/states.md: `python -m tools.states`."""

import re
from importlib import import_module

from backend.config import ROOT
from backend.platform.machine import Machine

PAGE = ROOT / "docs" / "states.md"
HEAD = """# States

Drawn from the tables in the code by `python -m tools.states`; a test fails when this page is not current.
A move that is not drawn is refused with 409 and the name of the state.
"""


def machines() -> list[tuple[str, Machine]]:
    """Every Machine that a feature defines, with the path of its module, by name."""
    found = []
    for path in sorted((ROOT / "backend").glob("*/*.py")):
        names = re.findall(r"^(\w+) = Machine\(", path.read_text(encoding="utf-8"), re.MULTILINE)
        for name in names:
            module = import_module(f"backend.{path.parent.name}.{path.stem}")
            found.append((f"backend/{path.parent.name}/{path.name}", getattr(module, name)))
    return sorted(found, key=lambda pair: pair[1].name)


def page() -> str:
    """The text of docs/states.md."""
    parts = [HEAD]
    for path, machine in machines():
        moves = "\n".join(f"| {m.name} | {', '.join(sorted(m.sources))} | {m.target} | {', '.join(sorted(m.actors))} |"
                          for m in machine.moves.values())  # fmt: skip
        parts.append(
            f"## {machine.name}\n\n`{path}`\n\n```mermaid\n{machine.mermaid()}\n```\n\n"
            f"| move | from | to | who |\n| --- | --- | --- | --- |\n{moves}\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
