"""The official account's menu, as data, and the platform's limits (docs: 自定义菜单)."""

from typing import Any
from urllib.parse import urlsplit

from backend.config import Settings

Button = dict[str, Any]
PAGE = "pages/home/home"


def menu(s: Settings) -> Button:
    """办事大厅 → 视频办, as a mini-program or as a page."""
    home = s.public_url.rstrip("/") + "/m/"
    video: Button = {"type": "view", "name": "视频办", "url": home}
    if s.wechat_oa_menu == "miniprogram":
        video = {
            "type": "miniprogram", "name": "视频办", "url": home, "appid": s.wechat_mp_appid, "pagepath": PAGE,
        }  # fmt: skip
    bookings = {"type": "view", "name": "我的预约", "url": home + "bookings"}
    help_ = {"type": "click", "name": "帮助", "key": "help"}
    return {"button": [{"name": "办事大厅", "sub_button": [video, bookings]}, help_]}


def faults(menu: Button) -> list[str]:
    """What WeChat would refuse, a line each; empty: it may be sent."""
    buttons = menu.get("button") or []
    found = [] if 1 <= len(buttons) <= 3 else [f"一级菜单应为 1–3 个，现为 {len(buttons)} 个 (40016)"]
    for button in buttons:
        subs = button.get("sub_button")
        found += _name(button, 16)
        if subs is None:
            found += _action(button)
            continue
        if "type" in button:
            found.append(f"{button['name']}：有二级菜单的按钮不能有 type (40017)")
        if not 1 <= len(subs) <= 5:
            found.append(f"{button['name']}：二级菜单应为 1–5 个 (40023)")
        for sub in subs:
            found += _name(sub, 60) + _action(sub)
            if "sub_button" in sub:
                found.append(f"{sub['name']}：最多两级 (40022)")
    return found


KEPT = ("name", "type", "key", "url", "appid", "pagepath")


def differences(theirs: Button, ours: Button) -> list[str]:
    """In what the platform's menu is not ours; it adds fields of its own, such as an empty sub_button."""
    there, here = dict(_flat(theirs)), dict(_flat(ours))
    found = [f"缺少“{path}”" for path in here if path not in there]
    found += [f"多出“{path}”" for path in there if path not in here]
    for path in here.keys() & there.keys():
        changed = [k for k in KEPT if here[path].get(k) != there[path].get(k)]
        found += [f"“{path}”的 {'、'.join(changed)} 不同"] if changed else []
    in_order = [path for path in there if path in here] == [path for path in here if path in there]
    return sorted(found) if found or in_order else ["顺序不同"]


def _flat(menu: Button) -> list[tuple[str, Button]]:
    rows = []
    for top in menu.get("button") or []:
        rows.append((str(top.get("name")), top))
        rows += [(f"{top.get('name')}/{sub.get('name')}", sub) for sub in top.get("sub_button") or []]
    return rows


def _name(button: Button, limit: int) -> list[str]:
    size = len(str(button.get("name", "")).encode())
    return [] if 1 <= size <= limit else [f"名称“{button.get('name')}”应为 1–{limit} 字节，现为 {size} (40018/40025)"]


def _action(button: Button) -> list[str]:
    name, kind = button.get("name"), button.get("type")
    if kind == "click":
        size = len(str(button.get("key", "")).encode())
        return [] if 1 <= size <= 128 else [f"{name}：key 应为 1–128 字节 (40019)"]
    if kind not in ("view", "miniprogram"):
        return [f"{name}：不支持的类型 {kind} (40017)"]
    url = str(button.get("url", ""))
    good = urlsplit(url).scheme in ("http", "https") and len(url.encode()) <= 1024
    found = [] if good else [f"{name}：url 不正确 (40020)"]
    if kind == "miniprogram" and not (button.get("appid") and button.get("pagepath")):
        found.append(f"{name}：小程序按钮缺少 appid 或 pagepath (40054)")
    return found
