"""Work on pushes, after WeChat has its answer."""

from backend.platform.jobs import job
from backend.wechat import hooks, messages


@job("wechat.push")
def on_push(account: str, data: str) -> None:
    hooks.work(messages.parse(account, data.encode()))
