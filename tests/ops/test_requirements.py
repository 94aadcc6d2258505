"""What is imported is required and pinned; what is required is used."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ("backend", "migrations", "wsgi.py", "deploy", "tools/supervise.py", "tools/supervisor.py")
DEVELOPMENT = ("tests", "bench", "tools")
FIRST_PARTY = {"backend", "tests", "tools", "bench", "wsgi", "deploy"}
USED_WITHOUT_AN_IMPORT = {
    "gevent": "gunicorn's worker class in production",
    "gunicorn": "a command",
    "psycopg": "SQLAlchemy loads it by the address of the database",
    "tzdata": "the time zones where the system has none",
}


def sources(places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from [path] if path.is_file() else path.rglob("*.py")


def imported(places: tuple[str, ...]) -> set[str]:
    """Names of the distributions that the sources import (alternatives where several bring one module)."""
    modules: set[str] = set()
    for path in sources(places):
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    return modules - set(sys.stdlib_module_names) - FIRST_PARTY


INSTALLED = cache(metadata.packages_distributions)


def distributions(module: str) -> set[str]:
    return {plain(name) for name in INSTALLED().get(module, [module])}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(name: str) -> dict[str, Requirement]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {plain(r.name): r for r in found}


def missing(modules: set[str], names: set[str]) -> set[str]:
    return {module for module in modules if not distributions(module) & names}


def test_what_the_product_imports_is_required() -> None:
    # Werkzeug, click and Jinja2 are parts of Flask's own interface; alembic is Flask-Migrate's.
    names = set(required("requirements.txt")) | {"werkzeug", "click", "jinja2", "markupsafe", "python-dateutil"}
    assert not missing(imported(RUNTIME), names)


def test_what_tests_and_tools_import_is_required() -> None:
    names = {*required("requirements.txt"), *required("requirements-dev.txt"), "werkzeug", "click", "packaging"}
    assert not missing(imported(DEVELOPMENT), names)


def test_what_is_required_is_used() -> None:
    used = {name for module in imported(RUNTIME) for name in distributions(module)} | set(USED_WITHOUT_AN_IMPORT)
    assert not set(required("requirements.txt")) - used


def test_every_version_is_pinned_and_repeated_in_the_constraints() -> None:
    pinned = required("constraints.txt")
    for name, requirement in {**required("requirements.txt"), **required("requirements-dev.txt")}.items():
        assert [s.operator for s in requirement.specifier] == ["=="], f"{name} is not pinned"
        assert pinned[name].specifier == requirement.specifier, f"{name}: run `make lock`"
