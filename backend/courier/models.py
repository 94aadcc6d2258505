"""The pick-up form. Name, phone and address are encrypted; what staff may see at a glance is masked beside them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.courier.machine import LIVE
from backend.platform.clock import now
from backend.platform.db import Model, UTCDateTime

_live = text("state IN ({})".format(", ".join(f"'{s}'" for s in LIVE)))


class PickupForm(Model):
    """One push of 填写预约取件信息 and what became of it."""

    __tablename__ = "pickup_form"
    __table_args__ = (
        Index("uq_pickup_live", "session_id", unique=True, sqlite_where=_live, postgresql_where=_live),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(default=0)  # counts submissions: the courier gets the last one
    fingerprint: Mapped[str | None] = mapped_column(
        String(64)
    )  # keyed hash: the same content again is no correction
    name_enc: Mapped[str | None] = mapped_column(Text)
    phone_enc: Mapped[str | None] = mapped_column(Text)
    address_enc: Mapped[str | None] = mapped_column(Text)
    name_masked: Mapped[str | None] = mapped_column(String(40))
    phone_masked: Mapped[str | None] = mapped_column(String(20))
    district: Mapped[str | None] = mapped_column(String(10))
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    waybill: Mapped[str | None] = mapped_column(String(40))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    requested_seq: Mapped[int | None]
    submitted_at: Mapped[datetime | None]
    ordered_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
