"""What the official account says by itself: keyword replies and the welcome."""

from backend.platform.settings import settings
from backend.wechat.hooks import on_text
from backend.wechat.messages import Push


def _home() -> str:
    return settings().public_url.rstrip("/") + "/m/"


@on_text("预约")
def booking(push: Push) -> str:
    return f'点击<a href="{_home()}">办事大厅</a>，选择事项和时间即可预约视频办理。预约成功后，请在预约时段内进入排队。'


@on_text("视频办", "视频")
def video(push: Push) -> str:
    return f'视频办：不用到现场，与窗口人员面对面办事。<a href="{_home()}">进入视频办</a>'


@on_text("帮助", "help", "?", "？")
def help_(push: Push) -> str:
    return "回复“预约”预约办理时间；回复“视频办”进入视频办理。电话咨询请拨打 12345。"


def welcome() -> str:
    return "欢迎关注。点击菜单“办事大厅”里的“视频办”，在家就能办事；回复“帮助”查看更多。"
