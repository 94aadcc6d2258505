"""How materials, commitments, pick-up and rating join a session. Session itself knows none of them.

A sibling feature registers when it is imported:

    @view_section("materials")            # its part of view(); the value must be plain JSON
    def materials(session, actor): ...

    @prompt_source                        # dialogs that are open for `actor` now (each is also a card in the chat)
    def prompts(session, actor): return [{"id": "commitment:…", "kind": "commitment", "title", "seq", "data"}]

    @action_source                        # what `actor` may do now, beyond the session's own verbs
    def actions(session, actor): return ["materials.push"]

    @progress_step("materials", "材料", order=30)    # a step of 授权 → 承诺书 → 材料 → 核验 → 邮寄 → 评价
    def done(session): return True                    # True, False, or None: this step does not apply

    @before_complete                      # may raise a DomainError: the session can't end yet
    def check(session): ...

    @on_completed                         # in the same transaction, after the move
    def invite(session): ...

    @attachment_provider                  # a chat message names an attachment: its facts, or None when it is not there
    def facts(session, actor, attachment_id): return {"name", "mime", "size", "width", "height"}
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from backend.platform.auth import Actor
from backend.session.models import ServiceSession

T = TypeVar("T")
Section = Callable[[ServiceSession, Actor], Any]
Prompts = Callable[[ServiceSession, Actor], list[dict[str, Any]]]
Actions = Callable[[ServiceSession, Actor], list[str]]
Facts = Callable[[ServiceSession, Actor, str], "dict[str, Any] | None"]
StepDone = Callable[[ServiceSession], "bool | None"]


class Step(NamedTuple):
    order: int
    key: str
    title: str
    done: StepDone


view_sections: dict[str, Section] = {}
prompt_sources: list[Prompts] = []
action_sources: list[Actions] = []
steps: dict[str, Step] = {}
checks_before_complete: list[Callable[[ServiceSession], None]] = []
completed_listeners: list[Callable[[ServiceSession], None]] = []
_facts: list[Facts] = []


def view_section(name: str) -> Callable[[Section], Section]:
    def register(fn: Section) -> Section:
        view_sections[name] = fn
        return fn

    return register


def prompt_source(fn: Prompts) -> Prompts:
    return _once(prompt_sources, fn)


def action_source(fn: Actions) -> Actions:
    return _once(action_sources, fn)


def progress_step(key: str, title: str, order: int) -> Callable[[StepDone], StepDone]:
    def register(fn: StepDone) -> StepDone:
        steps[key] = Step(order, key, title, fn)
        return fn

    return register


def before_complete(fn: Callable[[ServiceSession], None]) -> Callable[[ServiceSession], None]:
    return _once(checks_before_complete, fn)


def on_completed(fn: Callable[[ServiceSession], None]) -> Callable[[ServiceSession], None]:
    return _once(completed_listeners, fn)


def attachment_provider(fn: Facts) -> Facts:
    _facts[:] = [fn]
    return fn


def attachment_facts(session: ServiceSession, actor: Actor, attachment_id: str) -> dict[str, Any] | None:
    return _facts[0](session, actor, attachment_id) if _facts else None


def _once(registry: list[T], fn: T) -> T:
    if fn not in registry:
        registry.append(fn)
    return fn
