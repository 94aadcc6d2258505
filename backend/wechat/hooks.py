"""What features do with pushes. They register here; wechat knows none of them.

Text replies are quick and pure: they answer within the request, and again if WeChat asks again. Everything else runs
as a job, once for each message however often it is delivered.
"""

from collections.abc import Callable

from backend.wechat.content import MediaCheck, media_check
from backend.wechat.messages import Push

Answer = Callable[[Push], str | None]
Work = Callable[[Push], object]

_texts: dict[str, Answer] = {}
_events: dict[str, list[Work]] = {}


def on_text(*words: str) -> Callable[[Answer], Answer]:
    """Answer a text that is, or holds, one of `words`."""

    def register(answer: Answer) -> Answer:
        _texts.update(dict.fromkeys(words, answer))
        return answer

    return register


def on_event(event: str) -> Callable[[Work], Work]:
    """Work on an event ("subscribe", "scan", "click", "view", "templatesendjobfinish" …). May run twice."""

    def register(work: Work) -> Work:
        _events.setdefault(event, []).append(work)
        return work

    return register


def on_media_check(work: Callable[[MediaCheck], object]) -> Callable[[MediaCheck], object]:
    """Work on the result of gateway.check_image. May run twice."""
    on_event("wxa_media_check")(lambda push: work(media_check(push)))
    return work


def answer(push: Push) -> str | None:
    """The reply to a text, or to a tap of a menu button whose key is such a word."""
    text = push.text.strip() or push.key
    found = _texts.get(text) or next((a for word, a in _texts.items() if word in text), None)
    return found(push) if found else None


def wanted(push: Push) -> bool:
    return push.event in _events


def work(push: Push) -> None:
    for do in _events.get(push.event, ()):
        do(push)
