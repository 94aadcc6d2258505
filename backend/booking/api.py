"""Routes of booking."""

from typing import Any

from flask import Response

from backend.booking import holding, ics, places, service, sweep, views
from backend.booking.schemas import (
    BookingOut,
    BookingsOut,
    CancelIn,
    DaysOut,
    HoldIn,
    RescheduleIn,
    SlotsOut,
    SlotsQuery,
)
from backend.catalog import service as catalog
from backend.platform.api import Blueprint, access
from backend.platform.auth import actor_or_none, current_actor

bp = Blueprint("booking", __name__, url_prefix="/api")


@bp.get("/items/<item_id>/days")
@access("public")
@bp.output(DaysOut)
def days(item_id: str) -> dict[str, Any]:
    sweep.lazily_expire()
    return {"days": views.days(item_id)}


@bp.get("/items/<item_id>/slots")
@access("public")
@bp.input(SlotsQuery, location="query")
@bp.output(SlotsOut)
def slots(item_id: str, query_data: SlotsQuery) -> dict[str, Any]:
    sweep.lazily_expire()
    actor = actor_or_none()
    item = catalog.get_item(item_id)
    found = views.slots(item_id, query_data.date, actor.id if actor and not actor.staff else None)
    return {"items": found, "room": places.room(item.skill_group_id, item.id if item.own_slots else None)}


@bp.post("/slots/<slot_id>/hold")
@access("applicant")
@bp.input(HoldIn)
@bp.output(BookingOut, 201)
def hold(slot_id: str, json_data: HoldIn) -> Any:
    """Keep a place for two minutes; 200 with the same booking when it is the caller's already."""
    booking, new = holding.hold(current_actor().id, slot_id, json_data.item_id)
    return booking, 201 if new else 200


@bp.post("/bookings/<booking_id>/confirm")
@access("applicant")
@bp.output(BookingOut)
def confirm(booking_id: str) -> dict[str, Any]:
    return service.confirm(current_actor().id, booking_id)


@bp.post("/bookings/<booking_id>/release")
@access("applicant")
@bp.output(BookingOut)
def release(booking_id: str) -> dict[str, Any]:
    return service.release(current_actor().id, booking_id)


@bp.post("/bookings/<booking_id>/cancel")
@access("applicant")
@bp.input(CancelIn)
@bp.output(BookingOut)
def cancel(booking_id: str, json_data: CancelIn) -> dict[str, Any]:
    return service.cancel(current_actor().id, booking_id, json_data.reason)


@bp.post("/bookings/<booking_id>/reschedule")
@access("applicant")
@bp.input(RescheduleIn)
@bp.output(BookingOut)
def reschedule(booking_id: str, json_data: RescheduleIn) -> dict[str, Any]:
    return service.reschedule(current_actor().id, booking_id, json_data.slot_id)


@bp.get("/bookings")
@access("applicant")
@bp.output(BookingsOut)
def bookings() -> dict[str, Any]:
    sweep.lazily_expire()
    return {"items": views.bookings(current_actor().id)}


@bp.get("/bookings/<booking_id>")
@access("applicant")
@bp.output(BookingOut)
def booking(booking_id: str) -> dict[str, Any]:
    sweep.lazily_expire()
    return views.booking(service.get_for(current_actor().id, booking_id))


@bp.get("/bookings/<booking_id>/calendar.ics")
@access("applicant")
def calendar_file(booking_id: str) -> Response:
    """The booking for the phone's calendar."""
    row = views.booking(service.get_for(current_actor().id, booking_id))
    headers = {"Content-Disposition": 'attachment; filename="booking.ics"'}
    return Response(ics.render(row), mimetype="text/calendar", headers=headers)
