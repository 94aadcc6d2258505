"""`flask wechat check`: what is wrong with the real accounts, a line each and what to do about it (docs/wechat.md)."""

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from backend.config import AES_KEY, PUSH_TOKEN, Settings
from backend.platform.errors import DomainError
from backend.wechat import menu as menus
from backend.wechat.push import signature, token_of
from backend.wechat.real import RealGateway
from backend.wechat.templates import templates

NAMES = {"mp": "小程序", "oa": "公众号"}
HINTS = {
    -1: "微信系统繁忙，稍后再试",
    40001: "AppSecret 不正确：在后台重置后更新 {setting}_SECRET",
    40013: "AppID 不正确：核对 {setting}_APPID",
    40125: "AppSecret 不正确：在后台重置后更新 {setting}_SECRET",
    40164: "本机出口 IP {ip} 不在白名单：后台“开发接口管理 → IP 白名单”里加上它",
    40243: "AppSecret 已被冻结：在后台解冻或重置",
    45009: "今天的调用次数已经用完，可在后台清零",
    48001: "账号没有这个接口的权限：确认已经认证、类目已开通",
    50002: "账号受限或已冻结，登录后台查看",
    89503: "此 IP 的调用要管理员在微信里确认",
}
FIELD = re.compile(r"\{\{(\w+)\.DATA\}\}")
TEMPLATE_LISTS = {"mp": "/wxaapi/newtmpl/gettemplate", "oa": "/cgi-bin/template/get_all_private_template"}


@dataclass(frozen=True)
class Line:
    """`mark`: "✓" right, "✗" wrong, "!" not needed for every installation."""

    mark: str
    what: str
    said: str

    def __str__(self) -> str:
        return f"{self.mark} {self.what}：{self.said}"


def run(s: Settings, gateway: RealGateway) -> Iterator[Line]:
    """Every line, in the order an operator sets things up."""
    yield from _domain(s)
    yield from _files(s)
    for account in NAMES:
        yield from _push(s, account)
    for account in NAMES:
        failed = list(_credentials(gateway, account))
        yield from failed or [Line("✓", f"{NAMES[account]}凭证", "AppID、AppSecret 和 IP 白名单有效")]
        if not failed:
            yield from _menu(s, gateway) if account == "oa" else ()
            yield from _ticket(gateway) if account == "oa" else ()
            yield from _templates(s, gateway, account)


# --- our own side ----------------------------------------------------------------------------------


def get(url: str) -> requests.Response:
    """As WeChat looks at us: no redirect is followed, the certificate counts."""
    return requests.get(url, timeout=6, allow_redirects=False)


def _seen(url: str) -> requests.Response | str:
    """The answer of one of our addresses, or what is wrong with it."""
    try:
        reply = get(url)
    except requests.exceptions.SSLError:
        return "证书不受信任或与域名不符"
    except requests.RequestException as fault:
        return f"从本机访问不到（{type(fault).__name__}）"
    if 300 <= reply.status_code < 400:
        return f"被重定向到 {reply.headers.get('Location', '')}，微信不跟随重定向"
    return reply if reply.status_code == 200 else f"应答 {reply.status_code}，应为 200"


def _domain(s: Settings) -> Iterator[Line]:
    if not s.public_url.startswith("https://"):
        yield Line("✗", "域名", f"PUBLIC_URL={s.public_url} 必须是已备案域名的 https 地址，不能是 IP")
        return
    found = _seen(s.public_url.rstrip("/") + "/healthz")
    yield Line("✗", "域名", f"{s.public_url} {found}") if isinstance(found, str) else Line("✓", "域名", s.public_url)


def _files(s: Settings) -> Iterator[Line]:
    if not s.wechat_verify_files:
        yield Line("!", "校验文件", "没有配置 WECHAT_VERIFY_FILES；后台设置网页授权、JS 安全和业务域名时需要")
    for name, body in s.wechat_verify_files.items():
        found, what = _seen(f"{s.public_url.rstrip('/')}/{name}"), f"校验文件 {name}"
        if not isinstance(found, str) and found.content != body.encode():
            found = "内容与后台给的不一致（可能被网关换成了网页）"
        yield Line("✗", what, found) if isinstance(found, str) else Line("✓", what, "可读取")


def _push(s: Settings, account: str) -> Iterator[Line]:
    what, setting = f"{NAMES[account]}消息推送", f"WECHAT_{account.upper()}"
    token, key = getattr(s, f"wechat_{account}_token"), getattr(s, f"wechat_{account}_aes_key")
    wrong = []
    if not PUSH_TOKEN.fullmatch(token):
        wrong.append(f"{setting}_TOKEN 应为 3–32 位字母或数字，现为 {len(token)} 位")
    if not AES_KEY.fullmatch(key):
        wrong.append(f"{setting}_AES_KEY 应为 43 位字母或数字，现为 {len(key)} 位")
    yield from (Line("✗", what, text) for text in wrong)
    if not wrong:
        yield _echo(s, account, what)


def _echo(s: Settings, account: str, what: str) -> Line:
    """Our address answers as the console will ask it."""
    stamp, nonce, echo = str(int(time.time())), secrets.token_hex(5), secrets.token_hex(8)
    signed = signature(token_of(account, s), stamp, nonce)
    address = f"{s.public_url.rstrip('/')}/wechat/push/{account}"
    found = _seen(f"{address}?signature={signed}&timestamp={stamp}&nonce={nonce}&echostr={echo}")
    if not isinstance(found, str) and found.text != echo:
        found = "没有原样返回 echostr（可能到了别的服务）"
    return Line("✗", what, f"{address} {found}") if isinstance(found, str) else Line("✓", what, f"{address} 验证通过")


# --- the platform's side ------------------------------------------------------------------------------


def _explained(fault: DomainError, account: str) -> str:
    code = fault.details.get("errcode")
    said = str(getattr(fault, "said", ""))
    if code is None:
        return "连接不到微信的服务器：检查本机的外网出口、代理和 DNS"
    ip = re.search(r"\d+\.\d+\.\d+\.\d+", said)
    hint = HINTS.get(int(str(code)), said or "见微信文档的错误码")
    text = hint.format(setting=f"WECHAT_{account.upper()}", ip=ip.group() if ip else "（见后台提示）")
    return f"{text}（{code}）"


def _credentials(gateway: RealGateway, account: str) -> Iterator[Line]:
    try:
        gateway.prove(account)
    except DomainError as fault:
        yield Line("✗", f"{NAMES[account]}凭证", _explained(fault, account))


def _menu(s: Settings, gateway: RealGateway) -> Iterator[Line]:
    ours = menus.menu(s)
    yield from (Line("✗", "菜单", fault) for fault in menus.faults(ours))
    try:
        theirs = gateway.call("oa", "/cgi-bin/menu/get", {}, method="GET")["menu"]
    except DomainError as fault:
        none = fault.details.get("errcode") == 46003
        yield Line("✗", "菜单", "公众号还没有菜单：flask wechat menu push" if none else _explained(fault, "oa"))
        return
    changed = [*menus.differences(theirs, ours)]
    yield from (Line("✗", "菜单", f"{text}：flask wechat menu push") for text in changed)
    if not changed:
        yield Line("✓", "菜单", "与设置一致")


def _ticket(gateway: RealGateway) -> Iterator[Line]:
    try:
        gateway.jssdk("https://example.cn/")
    except DomainError as fault:
        yield Line("✗", "JS-SDK", _explained(fault, "oa"))
    else:
        yield Line("✓", "JS-SDK", "可以签名")


def _templates(s: Settings, gateway: RealGateway, account: str) -> Iterator[Line]:
    """Every template of the settings is there and has exactly the fields that we fill."""
    what, wanted = f"{NAMES[account]}通知模板", templates(s, account)
    if not wanted:
        yield Line("!", what, f"没有配置 NOTICE_{account.upper()}_TEMPLATES，通知走其他渠道")
        return
    try:
        there = _fields_of(gateway.call(account, TEMPLATE_LISTS[account], {}, method="GET"))
    except DomainError as fault:
        yield Line("✗", what, _explained(fault, account))
        return
    for kind, template in wanted.items():
        fields = there.get(template.id)
        if fields is None:
            yield Line("✗", f"{what} {kind}", f"后台没有模板 {template.id}")
        elif fields != set(template.fields):
            lacks, more = sorted(fields - set(template.fields)), sorted(set(template.fields) - fields)
            told = [f"设置缺少 {'、'.join(lacks)}"] if lacks else []
            told += [f"模板没有 {'、'.join(more)}"] if more else []
            yield Line("✗", f"{what} {kind}", "；".join(told))
        else:
            yield Line("✓", f"{what} {kind}", "字段一致")


def _fields_of(answer: dict[str, Any]) -> dict[str, set[str]]:
    rows = answer.get("data") or answer.get("template_list") or []
    return {row.get("priTmplId") or row["template_id"]: set(FIELD.findall(row.get("content", ""))) for row in rows}
