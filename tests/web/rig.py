"""What a browser test of one front-end module needs: a bundle, a static server, a signalling relay."""

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--auto-accept-this-tab-capture",
]


def bundle(entry: str, out: Path) -> None:
    """One ES module from a TypeScript entry under web/."""
    web = ROOT / "web"
    tool = str(web / "node_modules/rolldown/bin/cli.mjs")
    subprocess.run(
        [_node(), tool, str(web / entry), "--file", str(out), "--format", "esm"], cwd=web, check=True
    )


def build_page(name: str, out: Path) -> None:
    """One page of web/ as production serves it, built into `out`."""
    web = ROOT / "web"
    script = f"""
        import {{ build }} from 'vite'
        const web = {json.dumps(str(web))}
        const input = {{ {name}: web + '/{name}/index.html' }}
        const options = {{ outDir: {json.dumps(str(out))}, emptyOutDir: true, rolldownOptions: {{ input }} }}
        await build({{ configFile: false, root: web, logLevel: 'error', build: options }})
    """
    subprocess.run([_node(), "--input-type=module", "-e", script], cwd=web, check=True)


def _node() -> str:
    return shutil.which("node") or str(ROOT / ".venv/node/bin/node")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def files(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Relay:
    """Carries signals between two endpoints as the product's socket does; `mangle` may drop, repeat, reorder."""

    def __init__(self) -> None:
        self.here: dict[str, ServerConnection] = {}
        self.lock = threading.Lock()
        self.mangle: Callable[[str, dict], list[dict]] = lambda to, frame: [frame]
        self.carried: list[dict] = []

    def serve_one(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        mine = parse_qs(urlsplit(socket.request.path).query)["endpoint"][0]
        with self.lock:
            self.here[mine] = socket
        self._presence()
        try:
            for text in socket:
                self._carry(mine, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            with self.lock:
                if self.here.get(mine) is socket:
                    del self.here[mine]
            self._presence()

    def _carry(self, sender: str, message: dict) -> None:
        frame = {"t": "signal", "from": sender, "epoch": message["epoch"], "data": message["data"]}
        with self.lock:
            self.carried.append(frame)
            for each in self.mangle(message["to"], frame):
                self._send(self.here.get(message["to"]), each)

    def _presence(self) -> None:
        with self.lock:
            for socket in list(self.here.values()):
                self._send(socket, {"t": "presence", "endpoints": sorted(self.here)})

    def _send(self, socket: ServerConnection | None, frame: dict) -> None:
        if socket is None:
            return
        with suppress(ConnectionClosed):
            socket.send(json.dumps(frame))


@contextmanager
def relay() -> Iterator[tuple[Relay, int]]:
    one = Relay()
    server = serve(one.serve_one, "localhost", 0, max_size=2**20)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield one, server.socket.getsockname()[1]
    server.shutdown()


@contextmanager
def chromium(playwright: Playwright, *extra: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *extra])
    yield browser
    browser.close()
