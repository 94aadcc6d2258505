"""The rows of the user guide and the report on them: one line a row, a screenshot a step."""

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

ROWS = {
    "S1": "报名在外部平台完成,视频办只做材料审核",
    "S2": "入口带区划 440304,进入福田区",
    "S3": "多种方式登录",
    "S4": "专区横幅与四句话",
    "S5": "进驻客服、涉及服务、服务时长、服务好评",
    "S6": "信用+视频办办理入口",
    "S7": "区划选择:区本级",
    "S8": "按关键词找到事项",
    "S9": "事项后的蓝色“视频办”",
    "S10": "选择服务 → 我要预约",
    "S11": "选择预约日期和时间段",
    "S12": "剩余名额实时展示",
    "S13": "名额有限,不可重复预约同一时段",
    "S14": "到预约时段点击“进入排队”",
    "S15": "显示在线客服人数、排队人数和告知信息",
    "S16": "用户授权确认与申报材料清单 → 确认授权",
    "S17": "等待客服接入",
    "S18": "接入后自动开启音视频并发起屏幕共享申请",
    "S19": "发送文字、图片、文件",
    "S20": "摄像头、麦克风开关,屏幕共享、远程控制",
    "S21": "屏幕共享选择整个屏幕",
    "S22": "弹出“信用+视频办”承诺书",
    "S23": "倒计时结束后才能点击“签名”",
    "S24": "手机扫码手写签名",
    "S25": "客服推送需要核验原件的材料清单",
    "S26": "逐份上传材料",
    "S27": "客服查看附件并逐项核验",
    "S28": "材料已核验,附件带水印可下载",
    "S29": "摄像头麦克风检测,缺少时提示用手机接入",
    "S30": "工具栏“手机接入”",
    "S31": "填写预约取件信息",
    "S32": "仅提供深圳地区上门收件",
    "S33": "评价",
    "S34": "手机端入口",
    "S35": "首页“视频办预约”",
    "S36": "按分类或搜索找到事项 → 我要预约",
    "S37": "查看我的预约记录",
    "S38": "预约时段内“我要排队”",
    "S39": "未到时间的预约可取消",
    "S40": "材料齐全 → 阅读授权与提示 → 勾选同意 → 排队",
    "S41": "点击“+”开启音视频通话",
    "S42": "通话中摄像头、麦克风开关",
    "S43": "“小屏”返回会话聊天框",
    "S44": "会话挂起",
    "S45": "预约记录中“重新连接”,无需再次预约",
    "S46": "误关页面后“未完成业务重新连接”",
}

MINI_PROGRAM = (*range(22, 25), 26, 28, 29, *range(31, 47))  # the rows that the native mini-program shows again
ROWS |= {f"mini-S{number}": f"小程序 · {ROWS[f'S{number}']}" for number in MINI_PROGRAM}
MINI_FEATURES = {  # what the phone does beside the guide; ids of docs/features.md
    "S3": "退出登录:凭证失效,回来点一下才登录",
    "M4": "撤回隐私授权:全部退出,重新同意才能登录",
    "M8": "改约:原名额释放,新名额占用",
    "M14": "消息通知:列表、订阅被拒、加入日历",
    "M16": "快到号时通知我:离开小程序,微信通知到达,位置还在",
    "M23": "摄像头、麦克风、扫码被拒:可去设置,也可继续办理",
    "M35": "拍照、相册、聊天文件被拒:还有别的方式",
    "M37": "保存到相册被拒:水印件仍可保存",
    "M41": "签名中转屏、切后台、被关闭:笔迹都在",
    "M46": "微信地址被拒:手工填写",
    "M62": "隐私指引、手机号不同意:可继续,也可再同意",
}
ROWS |= {f"mini-{row}": f"小程序 · {title}" for row, title in MINI_FEATURES.items()}


class Report:
    """Counts rows; a row shown by several steps passes when all of them do."""

    def __init__(self, shots: Path) -> None:
        self.shots = shots
        self.shots.mkdir(parents=True, exist_ok=True)
        self.failed: dict[str, str] = {}
        self.passed: set[str] = set()
        self.looks: list[str] = []  # what axe or a ruler found on the pages
        self._number = 0

    @contextmanager
    def step(self, *rows: str, show: "dict[str, Page] | None" = None) -> Iterator[None]:
        """One step that shows `rows`. A failure is printed and ends the journey: later steps stand on this one."""
        began = time.monotonic()
        try:
            yield
        except BaseException:
            for row in rows:
                self.failed[row] = traceback.format_exc()
                print(f"{row} failed: {ROWS[row]}", flush=True)
            raise
        self.shoot("-".join(rows), show or {})
        for row in rows:
            self.passed.add(row)
            print(f"{row} passed: {ROWS[row]} ({time.monotonic() - began:.1f} s)", flush=True)

    def shoot(self, name: str, pages: "dict[str, Page]") -> None:
        for who, page in pages.items():
            self._number += 1
            page.screenshot(path=str(self.shots / f"{self._number:03d}-{name}-{who}.png"))

    def close(self) -> int:
        """Print what was not reached and the closing line; the exit code."""
        for row in ROWS:
            if row not in self.passed and row not in self.failed:
                self.failed[row] = "not reached"
                print(f"{row} failed: {ROWS[row]} (not reached)")
        for fault in self.looks:
            print(f"page failed: {fault}")
        passed = len(self.passed - set(self.failed))
        failed = len(self.failed) + len(self.looks)
        print(f"journey: {passed} passed, {failed} failed", flush=True)
        return 1 if failed else 0


def shots_folder(root: Path) -> Path:
    return Path(os.environ.get("JOURNEY_SHOTS") or root / "var" / "journey")
