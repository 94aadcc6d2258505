"""What hands and eyes do on a page: find by data-test, type, draw, see."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Locator, Page, expect

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def at(page: Page | Locator, name: str) -> Locator:
    """The visible element with data-test=`name`."""
    return page.locator(f'[data-test="{name}"]:visible')


def press(page: Page | Locator, name: str) -> None:
    at(page, name).first.click()


def fill(page: Page | Locator, name: str, text: str) -> None:
    """Type into the field with data-test=`name`, or into the one inside of it."""
    mark = f'[data-test="{name}"]'
    inner = f"{mark} input:visible, {mark} textarea:visible"
    page.locator(f"input{mark}:visible, textarea{mark}:visible, {inner}").first.fill(text)


def chooser(page: Page | Locator, name: str) -> Locator:
    """The file input with data-test=`name`, or the one inside of it."""
    return page.locator(f'[data-test="{name}"] input[type=file], input[type=file][data-test="{name}"]').first


def see(page: Page | Locator, name: str, text: str | re.Pattern[str] | None = None, *, seconds: float = 30) -> Locator:
    found = at(page, name).first
    if text is None:
        expect(found).to_be_visible(timeout=seconds * 1000)
    else:
        expect(found).to_contain_text(text, timeout=seconds * 1000)
    return found


def photo(title: str, folder: Path) -> Path:
    """A picture of a document, as a phone would take it."""
    from pylopdf_fonts_zh_cn import sans_path

    image = Image.new("RGB", (1600, 1100), "#f2efe6")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(sans_path()), 72)
    draw.rectangle((40, 40, 1560, 1060), outline="#8a6d3b", width=6)
    draw.text((120, 120), title, fill="#333", font=font)
    draw.text((120, 300), "演示材料，非真实证件", fill="#a33", font=font)
    out = BytesIO()
    image.save(out, "JPEG", quality=88)
    path = folder / f"{title}.jpg"
    path.write_bytes(out.getvalue())
    return path


def paper(title: str, folder: Path) -> Path:
    """The same document as a PDF."""
    path = folder / f"{title}.pdf"
    Image.open(photo(title, folder)).save(path, "PDF")
    return path


def write_name(page: Page, canvas: Locator) -> None:
    """Some strokes by mouse or finger over the middle of `canvas`."""
    box = canvas.bounding_box()
    assert box
    for stroke in (
        [(0.25, 0.3), (0.45, 0.3), (0.44, 0.5), (0.3, 0.52), (0.42, 0.7), (0.28, 0.75)],
        [(0.55, 0.35), (0.75, 0.33)],
        [(0.56, 0.5), (0.74, 0.49)],
        [(0.52, 0.68), (0.8, 0.66)],
    ):
        points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()


def video_runs(page: Page, selector: str, seconds: float = 30) -> None:
    """The picture in `selector` moves: its element decodes new frames."""
    page.wait_for_function(
        """s => { const v = document.querySelector(s);
                  if (!v || !v.videoWidth) return false;
                  const n = v.getVideoPlaybackQuality().totalVideoFrames;
                  const before = v.__frames ?? n; v.__frames = v.__frames ?? n;
                  return n > before + 5; }""",
        arg=selector,
        timeout=seconds * 1000,
    )


def serious_faults(page: Page) -> list[str]:
    """axe-core's serious and critical findings on the page as it is now."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{page.url}: {v['id']}: {v['nodes'][0]['target']}"
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def side_scroll(page: Page) -> list[str]:
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{page.url} scrolls sideways by {wide} px"] if wide > 0 else []
