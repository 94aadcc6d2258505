"""What a User-Agent says, in words a person knows: the browser and the system."""

_BROWSERS = (  # the first that fits: each later one is named by the earlier ones, too
    ("miniProgram", "微信小程序"), ("wxwork", "企业微信"), ("MicroMessenger", "微信"), ("Edg", "Edge"),
    ("QQBrowser", "QQ 浏览器"),
    ("360SE", "360 浏览器"), ("360EE", "360 浏览器"), ("UCBrowser", "UC 浏览器"), ("HuaweiBrowser", "华为浏览器"),
    ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("Trident", "IE"),
)  # fmt: skip
_SYSTEMS = (
    ("OpenHarmony", "鸿蒙"), ("HarmonyOS", "鸿蒙"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "安卓"),
    ("Windows", "Windows"), ("Macintosh", "Mac"), ("UOS", "统信 UOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
UNKNOWN = "未知"


def browser(agent: str) -> str:
    return _first(_BROWSERS, agent)


def system(agent: str) -> str:
    return _first(_SYSTEMS, agent)


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((word for mark, word in names if mark in agent), UNKNOWN)
