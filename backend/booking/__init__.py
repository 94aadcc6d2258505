"""Places in time: slots, holds, bookings."""
