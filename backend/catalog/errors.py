"""What the catalogue refuses."""

from backend.platform.errors import Invalid, NotFound


class ItemNotFound(NotFound):
    code, message = "item_not_found", "没有找到该事项，可能已下线，请返回重新选择"


class BadSheet(Invalid):
    """The sheet to import has faults; nothing of it was taken. details: rows = [{row, column, fault}]."""

    code, message = "bad_sheet", "表格有错误，未导入任何内容，请按提示修改后重试"
