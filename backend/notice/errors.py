"""What the list of notices refuses."""

from backend.platform.errors import Invalid


class BadCursor(Invalid):
    code, message = "bad_cursor", "列表位置无效，请从头加载"
