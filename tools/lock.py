"""Writes constraints.txt: every package of the environment that a requirement brings along, with its version."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Written by `make lock`: the versions of all packages that the requirements bring along.\n"


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def wanted(path: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def closure(roots: list[Requirement]) -> dict[str, str]:
    """Name → version of the roots and, through their installed metadata, of all they need."""
    versions: dict[str, str] = {}
    todo = [(name_of(r.name), frozenset(r.extras)) for r in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found = metadata.distribution(name)
        versions[name] = found.version
        for text in found.requires or []:
            need = Requirement(text)
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in (extras or {""})):
                todo.append((name_of(need.name), frozenset(need.extras)))
    return versions


def main() -> None:
    roots = wanted(ROOT / "requirements.txt") + wanted(ROOT / "requirements-dev.txt")
    versions = closure(roots)
    text = HEAD + "".join(f"{name}=={versions[name]}\n" for name in sorted(versions))
    (ROOT / "constraints.txt").write_text(text)


if __name__ == "__main__":
    main()
