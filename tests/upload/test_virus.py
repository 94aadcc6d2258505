"""The virus scanner at the door: clamd's own protocol, spoken by a stand-in on a real socket (P40)."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest

from backend.upload import virus
from tests.actors import Refused
from tests.conftest import MakeApp
from tests.upload.conftest import Desk, Stage, desk_of, photo

EICAR = "".join(
    ["X5O!P%@AP[4", "\\PZX54(P^)7CC)7}", "$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE", "!$H+H*"]
).encode()


class Clamd(socketserver.BaseRequestHandler):
    """INSTREAM: finds EICAR anywhere, as clamd with its test signature does."""

    def handle(self) -> None:
        line = self.request.makefile("rb")
        assert line.read(10) == b"zINSTREAM\0"
        seen = b""
        while length := struct.unpack("!L", line.read(4))[0]:
            seen += line.read(length)
        answer = b"stream: Eicar-Signature FOUND\0" if EICAR in seen else b"stream: OK\0"
        self.request.sendall(self.server.says or answer)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    says: bytes | None = None


@pytest.fixture
def clamd() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def scanned_desk(make_app: MakeApp, clamd: Server) -> Desk:
    return desk_of(Stage(make_app(clamd_address=f"127.0.0.1:{clamd.server_address[1]}")))


def refused(desk: Desk, material: str, data: bytes) -> Refused:
    with pytest.raises(Refused) as fault:
        desk.applicant.uploads(material, data)
    assert desk.of(material)["state"] == "requested"
    assert desk.files() == []
    return fault.value


def test_what_it_finds_is_not_kept(scanned_desk: Desk) -> None:
    material = scanned_desk.material()
    fault = refused(scanned_desk, material, photo() + EICAR)
    assert (fault.status, fault.code) == (422, "file_infected")
    scanned_desk.applicant.uploads(material, photo())


@pytest.mark.parametrize("says", [b"INSTREAM size limit exceeded. ERROR\0", b"\0"])
def test_an_odd_answer_keeps_the_door_shut(scanned_desk: Desk, clamd: Server, says: bytes) -> None:
    clamd.says = says
    fault = refused(scanned_desk, scanned_desk.material(), photo())
    assert (fault.status, fault.code) == (503, "scanner_away")


def test_a_scanner_that_is_away_keeps_the_door_shut(scanned_desk: Desk, clamd: Server) -> None:
    clamd.shutdown()
    clamd.server_close()
    fault = refused(scanned_desk, scanned_desk.material(), photo())
    assert (fault.status, fault.code) == (503, "scanner_away")
    assert "请稍后重新上传" in fault.error["message"]


def test_without_a_scanner_nothing_is_asked(desk: Desk) -> None:
    with desk.app.app_context():
        virus.scan(BytesIO(EICAR))
