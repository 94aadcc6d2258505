"""Which page answers where, with which headers, and how heavy it is."""

import gzip
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

INDEX = "<!doctype html><title>{}</title>" + "<p>x</p>" * 200


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    root = tmp_path / "dist"
    for page in ("portal", "h5", "console", "sign"):
        (root / page).mkdir(parents=True)
        (root / page / "index.html").write_text(INDEX.format(page), encoding="utf-8")
    (root / "assets").mkdir()
    (root / "assets" / "portal-AbC123.js").write_text("console.log('视频办');" * 200, encoding="utf-8")
    (root / "assets" / "logo-1.png").write_bytes(b"\x89PNG" + bytes(2000))
    (root / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("no")
    return root


@pytest.fixture
def client(make_app: object, dist: Path) -> FlaskClient:
    app: APIFlask = make_app(  # type: ignore[operator]
        web_dist=str(dist), wechat_verify_files={"MP_verify_abc.txt": "abc", "wxdomain.txt": "x y"}
    )
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "portal"),
        ("/items/01abc/book", "portal"),
        ("/m/", "h5"),
        ("/m/sessions/01abc", "h5"),
        ("/console/", "console"),
        ("/console/floor", "console"),
        ("/s/AbC_-123", "sign"),
        ("/mine", "portal"),
        ("/apiary", "portal"),
    ],
)
def test_every_address_answers_with_its_page(client: FlaskClient, path: str, page: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.mimetype) == (200, "text/html")
    assert f"<title>{page}</title>" in reply.text
    assert reply.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/assets/none.js", "/none.txt", "/portal/index.html", "/manifest.json"]
)
def test_what_is_not_there_is_not_there(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt", "/docs/..%2fapi.py"],
)
def test_nothing_outside_the_build_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/m", "/console"])
def test_a_prefix_without_its_slash(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.headers["Location"]) == (308, f"{path}/")


def test_hashed_files_are_compressed_and_kept_for_ever(client: FlaskClient, dist: Path) -> None:
    reply = client.get("/assets/portal-AbC123.js", headers={"Accept-Encoding": "gzip, br"})
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(reply.data) == (dist / "assets" / "portal-AbC123.js").read_bytes()
    assert len(reply.data) * 10 < (dist / "assets" / "portal-AbC123.js").stat().st_size
    plain = client.get("/assets/portal-AbC123.js")
    assert "Content-Encoding" not in plain.headers
    assert (
        "Content-Encoding"
        not in client.get("/assets/logo-1.png", headers={"Accept-Encoding": "gzip"}).headers
    )


def test_an_unchanged_page_is_not_sent_again(client: FlaskClient, dist: Path) -> None:
    tag = client.get("/m/").headers["ETag"]
    assert client.get("/m/", headers={"If-None-Match": tag}).status_code == 304
    (dist / "h5" / "index.html").write_text(INDEX.format("newer"), encoding="utf-8")
    reply = client.get("/m/", headers={"If-None-Match": tag})
    assert (reply.status_code, "newer" in reply.text) == (200, True)


@pytest.mark.parametrize("path", ["/", "/m/", "/console/", "/s/abc", "/docs/"])
def test_pages_run_our_own_scripts_only(client: FlaskClient, path: str) -> None:
    policy = dict(
        part.split(" ", 1) for part in client.get(path).headers["Content-Security-Policy"].split("; ")
    )
    assert policy["script-src"] in ("'self'", "'self' https://res.wx.qq.com")
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "wss://localhost" in policy["connect-src"]


@pytest.mark.parametrize("path", ["/", "/api/me", "/api/nothing", "/healthz", "/assets/logo-1.png"])
def test_every_answer_carries_the_protective_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Permissions-Policy"].startswith(
        "camera=(self), microphone=(self), display-capture=(self)"
    )
    assert "Content-Security-Policy" in headers
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_signature_address_leaves_in_no_referer(client: FlaskClient) -> None:
    assert client.get("/s/abc").headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("name", "text"), [("MP_verify_abc.txt", b"abc"), ("wxdomain.txt", b"x y")])
def test_verification_files_are_exact(client: FlaskClient, name: str, text: bytes) -> None:
    reply = client.get(f"/{name}")
    assert (reply.status_code, reply.mimetype, reply.data) == (200, "text/plain", text)
    assert client.get("/MP_verify_other.txt").status_code == 404


def test_without_a_build_the_page_says_what_to_do(make_app: object, tmp_path: Path) -> None:
    app: APIFlask = make_app(web_dist=str(tmp_path / "none"))  # type: ignore[operator]
    reply = app.test_client().get("/m/")
    assert reply.status_code == 503
    assert "make run" in reply.text
    assert "页面尚未生成" in reply.text


def test_the_api_document_needs_no_internet(client: FlaskClient) -> None:
    page = client.get("/docs/").text
    assert "http" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "docs.js", "favicon-32x32.png"):
        assert f"/docs/{name}" in page
        assert client.get(f"/docs/{name}").status_code == 200
    spec = client.get("/openapi.json").json
    assert spec["openapi"] == "3.1.0"
    assert "/api/auth/phone" in spec["paths"]


def test_large_json_is_compressed(client: FlaskClient) -> None:
    reply = client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(reply.data) == client.get("/openapi.json").data
