"""Every queue has a worker, every promised job exists, every periodic function is on the one list."""

import ast
from importlib import import_module
from pathlib import Path

from apiflask import APIFlask

import backend
from backend.platform import jobs

SOURCES = sorted(Path(backend.__path__[0]).rglob("*.py"))


def calls(name: str) -> list[tuple[Path, ast.Call]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if called == name:
                    found.append((path, node))
    return found


def module_of(path: Path) -> str:
    return ".".join(["backend", *path.relative_to(backend.__path__[0]).with_suffix("").parts])


def text(node: ast.expr, path: Path) -> str | None:
    """A string in the source, or the constant of that name in its module."""
    if isinstance(node, ast.Name):
        return getattr(import_module(module_of(path)), node.id, None)
    return node.value if isinstance(node, ast.Constant) else None


def test_every_queue_has_a_worker() -> None:
    used = {text(call.args[0], path) for path, call in calls("_queue") if path.name == "jobs.py"}
    used |= {
        text(k.value, path)
        for path, call in calls("register")
        for k in call.keywords
        if k.arg == "queue_name"
    }
    assert used
    assert used <= set(jobs.QUEUES)
    workers = [call for _, call in calls("Worker")]
    assert [ast.unparse(call.args[0]) for call in workers] == ["list(jobs.QUEUES)"]


def test_every_promised_job_exists(app: APIFlask) -> None:
    promised = {text(call.args[0], path) for path, call in calls("enqueue")}
    assert promised
    assert promised <= set(jobs._jobs)


def test_every_job_is_promised_somewhere(app: APIFlask) -> None:
    assert set(jobs._jobs) <= {text(call.args[0], path) for path, call in calls("enqueue")}


def test_periodic_work_is_on_the_one_list(app: APIFlask) -> None:
    marked = {
        f"{module_of(path)}.{node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(d, ast.Call) and ast.unparse(d.func).endswith("periodic") for d in node.decorator_list
        )
    }
    assert marked
    assert marked <= {entry.name for entry in jobs.periodic_list()}
    assert all(1 <= entry.seconds <= 86400 for entry in jobs.periodic_list())
