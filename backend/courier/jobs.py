"""Ordering at the courier: after the form's transaction, again until it succeeds, corrected when the form was."""

from backend.courier import gateway, service
from backend.platform.jobs import job


@job(service.ORDER)
def order(form_id: str) -> None:
    """Raises CourierUnreachable: the job comes again, later each time."""
    wanted = service.to_order(form_id)
    if wanted is None:
        return
    waybill = gateway.gateway().order(wanted)
    service.ordered(form_id, wanted.revision, waybill)
