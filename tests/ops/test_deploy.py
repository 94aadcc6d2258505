"""What is deployed is well formed, and the proxy does what it promises."""

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml

from tests.ops.process import ROOT
from tests.ports import free_port

BIN = Path(sys.executable).parent
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
SECRETS = {
    "SECRET_KEY": "s" * 32,
    "POSTGRES_PASSWORD": "p",
    "TURN_SECRET": "t",
    "TURN_EXTERNAL_IP": "198.51.100.7",
}


def run(*command: str, cwd: Path = ROOT, text: str | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_dockerfile_has_no_fault() -> None:
    run(str(BIN / "hadolint"), str(ROOT / "Dockerfile"))


def test_the_image_runs_as_nobody_in_particular() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001$", last_stage, re.M)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """compose.yaml as Docker Compose itself reads it, with a filled-in .env."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(ROOT / "compose.yaml", folder)
    lines = (ROOT / "deploy" / "env.example").read_text().splitlines()
    filled = [line + SECRETS.get(line[:-1], "") if line.endswith("=") else line for line in lines]
    (folder / ".env").write_text("\n".join(filled))
    return yaml.safe_load(run(str(BIN / "docker-compose"), "config", cwd=folder))["services"]


def test_compose_brings_everything_the_product_stands_on(composed: dict[str, dict]) -> None:
    assert set(composed) == {"proxy", "web", "sockets", "worker", "scheduler", "migrate", "database", "redis", "turn"}
    assert composed["scheduler"]["scale"] == 1
    assert composed["web"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert composed["sockets"]["command"][0] == "gunicorn"
    assert all("ports" not in composed[name] for name in ("web", "sockets", "worker", "database", "redis"))


def test_compose_refuses_to_start_without_a_secret(tmp_path: Path) -> None:
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=p\n")
    done = subprocess.run([BIN / "docker-compose", "config"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_fits_the_kubernetes_schema(manifest: Path) -> None:
    run(str(BIN / "kubernetes-validate"), "--strict", str(manifest))


def test_pods_are_confined_and_drain() -> None:
    pods = {
        doc["metadata"]["name"]: doc["spec"]["template"]["spec"]
        for manifest in MANIFESTS
        for doc in yaml.safe_load_all(manifest.read_text())
        if doc["kind"] in ("Deployment", "Job")
    }
    assert set(pods) == {"migrate", "web", "sockets", "worker", "scheduler"}
    for pod in pods.values():
        container = pod["containers"][0]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
    for pod in (pods["web"], pods["sockets"]):
        assert pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]
        assert pod["terminationGracePeriodSeconds"] > 5 + 10  # out of the service, then the server's own stop


# ── The proxy, really running, in front of two processes ────────────────────────────────────────────


class Process(BaseHTTPRequestHandler):
    """Answers with its port and what the proxy told it."""

    def do_GET(self) -> None:
        told = [str(self.server.server_address[1]), self.headers.get("X-Forwarded-For", "")]
        body = " ".join(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of nginx with our configuration (without TLS) and its access log."""
    folder = tmp_path_factory.mktemp("nginx")
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Process) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    port, log = free_port(), folder / "access.log"
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    both = "\n    ".join(f"server 127.0.0.1:{s.server_address[1]} max_fails=1 fail_timeout=2s;" for s in servers)
    conf = re.sub("server (web|sockets):8000 max_fails=1 fail_timeout=2s;", both, conf)
    conf = re.sub(r"listen (\[::\]:)?80;", "", conf).replace("listen [::]:443 ssl http2;", "")
    conf = conf.replace("server {\n", f"server {{\n    listen 127.0.0.1:{free_port()};\n", 1)
    conf = re.sub(r"ssl_certificate(_key)? .*;", "", conf).replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    (folder / "site.conf").write_text(conf.replace("/dev/stdout", str(log)))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; user root;\n"
        f"events {{}}\nhttp {{ include {folder}/site.conf; }}\n"
    )
    run("/usr/sbin/nginx", "-t", "-q", "-c", str(folder / "nginx.conf"))
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    while process.poll() is None and not listens(port):
        pass
    yield f"http://127.0.0.1:{port}", log
    process.terminate()
    process.wait()
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(url: str, **headers: str) -> list[str]:
    with urlopen(Request(url, headers=headers), timeout=30) as answer:
        return answer.read().decode().split(" ")


def test_both_ends_of_a_session_reach_one_process_and_sessions_spread(proxy: tuple[str, Path]) -> None:
    base, _ = proxy
    ports = {room: {ask(f"{base}/ws?room={room}&ticket={end}")[0] for end in "abcd"} for room in map(str, range(40))}
    assert all(len(found) == 1 for found in ports.values())
    assert len(set().union(*ports.values())) == 2


def test_a_client_cannot_say_who_it_is(proxy: tuple[str, Path]) -> None:
    told = ask(f"{proxy[0]}/api/me", **{"X-Forwarded-For": "203.0.113.9"})
    assert told[1] == "127.0.0.1"


def test_inner_addresses_are_not_for_the_world(proxy: tuple[str, Path]) -> None:
    for path in ("/readyz", "/metrics"):
        with pytest.raises(HTTPError, match="404"):
            ask(proxy[0] + path)


def test_tickets_do_not_reach_the_log(proxy: tuple[str, Path]) -> None:
    base, log = proxy
    ask(f"{base}/ws?room=r&ticket=very-secret-ticket")
    ask(f"{base}/last")
    assert '"GET /ws"' in log.read_text()
    assert "very-secret-ticket" not in log.read_text()
