"""What is and what is not a signature (cases S26, S27; pain P35): black box over HTTP, then the pure rules."""

import base64
import hashlib
import json
import random
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from backend.platform.db import db
from backend.platform.storage import storage
from backend.signature import handwriting as rules
from backend.signature.errors import SignatureRefused
from backend.signature.models import Signature
from backend.signature.schemas import Point
from backend.signature.service import evidence_hash
from tests.signature.conftest import Signing, data_url, handwriting, name_strokes, picture
from tests.signature.test_tickets import scanned
from tests.upload.conftest import Case, corpus

__all__ = ["corpus"]


def blank(colour: tuple[int, int, int, int]) -> str:
    return data_url(Image.new("RGBA", (600, 200), colour))


def noise_png(size: int) -> str:
    """A picture of about `size` bytes."""
    side = int((size / 3) ** 0.5)
    return data_url(Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)))


def written_elsewhere() -> str:
    strokes = [[{**p, "x": 600 - p["x"] * 0.2, "y": 200 - p["y"] * 0.1} for p in s] for s in name_strokes()]
    return picture(strokes)


DOT = [[{"x": 300 + i / 10, "y": 100, "t": i * 10, "p": 0.5} for i in range(40)]]
SHORT = [[{"x": 300 + i, "y": 100, "t": i * 10, "p": 0.5} for i in range(20)]]

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "data:,": ({"image": "data:,"}, "signature_image_broken"),
    "nothing": ({"image": ""}, "signature_image_broken"),
    "transparent": ({"image": blank((0, 0, 0, 0))}, "signature_blank"),
    "white": ({"image": blank((255, 255, 255, 255))}, "signature_blank"),
    "1x1": ({"image": data_url(Image.new("RGB", (1, 1), "black"))}, "signature_image_broken"),
    "jpeg as png": (
        {"image": data_url(Image.new("RGB", (600, 200), "black"), "JPEG")},
        "signature_image_broken",
    ),
    "svg as png": (
        {"image": "data:image/png;base64," + base64.b64encode(b"<svg onload=alert(1)>").decode()},
        "signature_image_broken",
    ),
    "not base64": ({"image": "data:image/png;base64,@@@@"}, "signature_image_broken"),
    "cut png": ({"image": picture(name_strokes())[:-400]}, "signature_image_broken"),
    "5 MB": ({"image": noise_png(5_000_000)}, "signature_image_too_large"),
    "one dot": ({"strokes": DOT, "image": picture(DOT)}, "signature_too_short"),
    "too short": ({"strokes": SHORT, "image": picture(SHORT)}, "signature_too_short"),
    "no strokes": ({"strokes": []}, "signature_blank"),
    "empty strokes": ({"strokes": [[], []]}, "signature_blank"),
    "off the pad": ({"strokes": [[{"x": 9000, "y": 1}] * 9]}, "signature_strokes_broken"),
    "too many points": ({"strokes": [[{"x": 1, "y": 1}] * 20_001]}, "signature_strokes_broken"),
    "no pad": ({"width": 0, "height": 0}, "signature_strokes_broken"),
    "another picture": ({"image": written_elsewhere()}, "signature_image_mismatch"),
    "a black sheet": ({"image": blank((0, 0, 0, 255))}, "signature_image_mismatch"),
    "another shape": ({"image": picture(name_strokes(), 600, 400)}, "signature_image_mismatch"),
    "not a number": ({"strokes": [[{"x": "NaN", "y": 1}] * 9]}, "invalid"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_a_reason(signing: Signing, case: str) -> None:
    """S27: 422, the commitment stays unsigned, the PC stays at waiting, no file is left; then a real one is taken."""
    phone = scanned(signing)
    changed, code = REFUSED[case]
    status, body = phone.signs(**changed)
    assert (status, body["error"]["code"]) == (422, code)
    assert not body["error"]["message"].isascii()
    view = signing.view()["commitment"]
    assert (view["state"], view["ticket"]["state"], view["signature"]) == ("read", "scanned", None)
    with signing.app.app_context():
        assert storage.keys("signatures/") == []
    assert phone.signs()[0] == 201


def test_infinity_is_not_a_place(signing: Signing) -> None:
    phone = scanned(signing)
    body = json.dumps(handwriting()).replace('"x": 120.0', '"x": 1e999', 1)
    assert "1e999" in body
    response = phone.client.post(f"/api/sign/{phone.token}", data=body, content_type="application/json")
    assert response.status_code in (400, 422)


def test_what_is_kept(signing: Signing) -> None:
    """Strokes in whole tenths, the phone's picture on white, our own drawing, and a hash over all of it."""
    phone = scanned(signing)
    sent = handwriting()
    status, answer = phone.signs()
    assert status == 201
    with signing.app.app_context():
        row = db.session.scalars(select(Signature)).one()
        assert row.strokes[0][1] == [
            round(sent["strokes"][0][1]["x"] * 10), round(sent["strokes"][0][1]["y"] * 10), 16, 500,
        ]  # fmt: skip
        image, drawn = storage.open(row.image_key).read(), storage.open(row.drawn_key).read()
        assert hashlib.sha256(image).hexdigest() == row.image_sha256 == answer["image_sha256"]
        assert hashlib.sha256(drawn).hexdigest() == row.drawn_sha256
        assert row.evidence_sha256 == evidence_hash(row) == answer["evidence_sha256"]
        row.strokes = [*row.strokes[:-1], [[0, 0, 0, 0]]]
        assert row.evidence_sha256 != evidence_hash(row)
        db.session.rollback()
    flat = Image.open(BytesIO(image))
    assert (flat.mode, flat.getpixel((0, 0))) == ("RGB", (255, 255, 255))
    for person in (signing.applicant, signing.agent):
        commitment = signing.view()["commitment"]["id"]
        assert person.try_("GET", f"/commitments/{commitment}/signature")[1] == drawn
        assert person.try_("GET", f"/commitments/{commitment}/signature?original=1")[1] == image


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
@pytest.mark.parametrize("size", [(320, 480), (600, 200), (844, 390), (390, 844)])
def test_any_screen_and_either_way_round(size: tuple[int, int], ratio: float) -> None:
    """P35: device pixel ratios 1 to 3, portrait and landscape; our drawing covers the phone's ink and no more."""
    sent = handwriting(*size, ratio)
    hand = rules.parse(points(sent["strokes"]), *size)
    rules.same(hand, rules.picture(sent["image"]))
    drawn = rules.draw(hand)
    assert abs(drawn.width / drawn.height - size[0] / size[1]) < 0.02
    box = drawn.convert("L").point(lambda v: 255 if v < 128 else 0).getbbox()
    xs = [p["x"] / size[0] * drawn.width for s in sent["strokes"] for p in s]
    assert box is not None
    assert abs(box[0] - min(xs)) < 10


def points(strokes: Any) -> list[list[Point]]:
    return [[Point.model_validate(p) for p in stroke] for stroke in strokes]


@pytest.mark.parametrize("name", ["丁一", "一二", "万", "S. Lee"])
def test_short_names_are_names(name: str) -> None:
    """P35: few strokes are no reason to refuse: the outlines of short names, written small, pass."""
    from PIL import ImageDraw, ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    image = Image.new("L", (600, 200), 255)
    font = ImageFont.truetype(str(sans_path()), 60)
    ImageDraw.Draw(image).text((200, 60), name, font=font, fill=0)
    strokes = []
    for y in range(0, 200, 6):  # trace the letters row by row: what matters here is length and extent
        xs = [x for x in range(600) if image.getpixel((x, y)) < 128]
        if xs:
            strokes.append([{"x": x, "y": y, "t": 0} for x in range(xs[0], xs[-1] + 1, 5)])
    hand = rules.parse(points(strokes), 600, 200)
    assert hand.points >= 8


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(
            st.fixed_dictionaries(
                {"x": st.floats(-50, 700), "y": st.floats(-50, 300), "t": st.none() | st.floats(0, 1e12)}
            ),
            max_size=30,
        ),
        max_size=6,
    ),
    st.floats(0, 5000),
    st.floats(0, 5000),
)
def test_any_strokes_get_an_answer(strokes: Any, width: float, height: float) -> None:
    """Whatever a phone sends, it is a handwriting that can be drawn and stored as JSON, or a refusal with a code."""
    try:
        hand = rules.parse(points(strokes), width, height)
    except SignatureRefused:
        return
    assert json.loads(json.dumps(hand.strokes)) == hand.strokes
    if width / height < 20 and height / width < 5:
        rules.draw(hand)


def test_every_file_of_the_corpus_is_no_signature(signing: Signing, corpus: dict[str, Case]) -> None:
    """The third door (reliability 4c): 91 odd and hostile files sent as the signature's picture, none gets in."""
    phone = scanned(signing)
    strange = []
    for case in corpus.values():
        status, body = phone.signs(image="data:image/png;base64," + base64.b64encode(case.data).decode())
        if status not in (413, 422) or body["error"]["message"].isascii():
            strange.append((case.id, status, body))
    assert strange == []
    assert signing.view()["commitment"]["state"] == "read"
    assert phone.signs()[0] == 201
