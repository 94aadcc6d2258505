"""What the console of a demonstration begins with."""

from backend.staff import service


def load() -> str:
    service.load_first_replies()
    return f"quick replies: {len(service.quick_replies())}"
