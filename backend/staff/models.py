"""What only staff see."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.db import Model


class QuickReply(Model):
    """A sentence agents send often. {姓名}, {事项}, {客服} and {工号} are filled in by the console (M31)."""

    __tablename__ = "quick_reply"

    title: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(1000))
    order: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
