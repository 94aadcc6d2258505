#!/usr/bin/env python3
# ruff: noqa: UP031, E501, RUF005
"""make_corpus.py OUT_DIR [--seed N]

Writes a folder of hostile / odd upload files and OUT_DIR/manifest.json.
Standard library + Pillow only. Deterministic for one Pillow version.

Manifest entry (one per case):
  id          stable case id, C001...
  disk_name   the file's safe name inside OUT_DIR/files
  filename    the client file name to send in the multipart part (may be hostile)
  filename_raw_latin1  present where the raw header bytes are not valid UTF-8
  declared_mime  the Content-Type to send for the part
  kind        what it is
  size, sha256
  expect      "accept" | "reject" | "policy"
  http        statuses that are right for that verdict
  reason      why
  must        list of checks on the stored original / derived (watermarked, preview) copies
  detail      numbers a test can assert (width, height, orientation, ...)

Policy assumed (change POLICY and re-run if the product's limits differ):
  accepted types for 材料: JPEG, PNG, WebP (still), PDF; max 10 MiB a file;
  max 40 megapixels; filename is display text only and never a path.
"policy" = the product must have ONE documented answer and keep to it; what is
never right is a 5xx, a hang, a stored active file, or a silent half-accept.
"""

import argparse
import hashlib
import io
import json
import os
import random
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw

POLICY = {
    "max_bytes": 10 * 1024 * 1024,
    "max_pixels": 40_000_000,
    "accept_types": ["image/jpeg", "image/png", "image/webp", "application/pdf"],
    "max_name_chars": 255,
}
OK = [200, 201]
BAD = [400, 413, 415, 422]

CASES = []


def base(w=640, h=400, mode="RGB", tag="材料"):
    """A picture with one red corner block (top-left) so that orientation can be asserted."""
    im = Image.new("RGB", (w, h), (235, 235, 225))
    d = ImageDraw.Draw(im)
    d.rectangle([0, 0, w // 4, h // 4], fill=(220, 30, 30))
    for i in range(0, w, 20):
        d.line([i, 0, w - i, h], fill=(120, 140, 160))
    d.text((w // 2, h // 2), "TEST", fill=(0, 0, 0))
    return im if mode == "RGB" else im.convert(mode)


def enc(im, fmt, **kw):
    b = io.BytesIO()
    im.save(b, fmt, **kw)
    return b.getvalue()


def png_chunk(t, d):
    return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d) & 0xFFFFFFFF)


def raw_png(w, h, rows=None, depth=8, color=2, idat=None, extra=b""):
    """PNG built by hand: header may claim any size; idat given or made of zero rows."""
    out = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, 0))
    if idat is None:
        ch = {0: 1, 2: 3, 4: 2, 6: 4}[color]
        row = b"\0" * (1 + (w * ch * depth + 7) // 8)
        c = zlib.compressobj(9)
        parts = [c.compress(row) for _ in range(rows if rows is not None else h)]
        idat = b"".join(parts) + c.flush()
    return out + extra + png_chunk(b"IDAT", idat) + png_chunk(b"IEND", b"")


def pdf(objs, root=1, extra_trailer=b"", header=b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"):
    out = bytearray(header)
    offs = []
    for i, o in enumerate(objs, 1):
        offs.append(len(out))
        out += b"%d 0 obj\n" % i + o + b"\nendobj\n"
    x = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objs) + 1)
    for o in offs:
        out += b"%010d 00000 n \n" % o
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objs) + 1,
        root,
        extra_trailer,
        x,
    )
    return bytes(out)


def page_objs(catalog_extra=b"", n=1, media=b"0 0 300 400"):
    kids = b" ".join(b"%d 0 R" % (3 + i) for i in range(n))
    objs = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog_extra,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, n),
    ]
    for _ in range(n):
        objs.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] >>" % media)
    return objs


def zip_bytes(items, **kw):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED, **kw) as z:
        for name, data in items:
            zi = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))  # fixed date: same bytes every run
            zi.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(zi, data)
    return b.getvalue()


def exif_gps():
    ex = Image.Exif()
    ex[0x010F] = "TestPhone"
    ex[0x0132] = "2026:01:02 03:04:05"
    gps = ex.get_ifd(0x8825)
    gps[1], gps[2] = "N", (22.0, 31.0, 20.0)
    gps[3], gps[4] = "E", (114.0, 3.0, 18.0)
    return ex


def add(kind, filename, mime, data, expect, reason, must=(), detail=None, http=None, raw=None):
    cid = "C%03d" % (len(CASES) + 1)
    e = {
        "id": cid,
        "kind": kind,
        "filename": filename,
        "declared_mime": mime,
        "expect": expect,
        "http": http or (OK if expect == "accept" else BAD if expect == "reject" else OK + BAD),
        "reason": reason,
        "must": list(must),
        "detail": detail or {},
    }
    if raw is not None:
        e["filename_raw_latin1"] = raw
    e["_data"] = data
    CASES.append(e)


STRIP = "derived copies carry no EXIF/GPS; original is not served to others"
UPRIGHT = (
    "derived copy is upright: the red block is top-left and the sides are swapped where orientation >= 5"
)
NAME = "file is stored under a generated name inside the upload root; the shown name is escaped; nothing is written outside"
NOEXEC = "never served inline as text/html, image/svg+xml or script; X-Content-Type-Options: nosniff; Content-Disposition: attachment"


def build(seed):
    rnd = random.Random(seed)
    good = enc(base(), "JPEG", quality=88)

    # --- good controls -------------------------------------------------
    add(
        "control jpeg",
        "身份证正面.jpg",
        "image/jpeg",
        good,
        "accept",
        "plain good JPEG, Chinese name",
        [
            "download is byte-identical to the upload (sha256)",
            "verified copy shows the watermark",
            "name shown is 身份证正面.jpg",
        ],
        {"w": 640, "h": 400},
    )
    add(
        "control png",
        "学历证书.png",
        "image/png",
        enc(base(), "PNG"),
        "accept",
        "plain good PNG",
        [],
        {"w": 640, "h": 400},
    )
    add(
        "control webp",
        "照片.webp",
        "image/webp",
        enc(base(), "WEBP"),
        "accept",
        "plain good WebP",
        [],
        {"w": 640, "h": 400},
    )
    add(
        "control pdf",
        "承诺书.pdf",
        "application/pdf",
        pdf(page_objs()),
        "accept",
        "one-page good PDF",
        [],
        {"pages": 1},
    )

    # --- JPEG oddities ------------------------------------------------
    for o in (3, 6, 8):
        ex = Image.Exif()
        ex[0x0112] = o
        src = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[o]
        im = base().transpose(src)  # stored pixels; a viewer that honours EXIF shows base()
        add(
            "jpeg exif orientation %d" % o,
            "IMG_%04d.jpg" % o,
            "image/jpeg",
            enc(im, "JPEG", exif=ex, quality=88),
            "accept",
            "phone photo with EXIF rotation",
            [UPRIGHT, STRIP],
            {"orientation": o, "upright_w": 640, "upright_h": 400},
        )
    add(
        "jpeg with GPS exif",
        "IMG_0007.jpg",
        "image/jpeg",
        enc(base(), "JPEG", exif=exif_gps()),
        "accept",
        "GPS is sensitive personal information (行踪)",
        [STRIP],
        {"gps_lat": 22.5222, "gps_lon": 114.055},
    )
    add(
        "jpeg progressive",
        "progressive.jpg",
        "image/jpeg",
        enc(base(), "JPEG", progressive=True),
        "accept",
        "progressive JPEG is ordinary",
    )
    add(
        "jpeg cmyk",
        "scan_cmyk.jpg",
        "image/jpeg",
        enc(base().convert("CMYK"), "JPEG"),
        "accept",
        "scanner output; colours must not be inverted in the derived copy",
        ["derived copy: the red block is still red (R>150, G<110, B<110), background is light"],
    )
    add(
        "jpeg grayscale",
        "gray.jpg",
        "image/jpeg",
        enc(base().convert("L"), "JPEG"),
        "accept",
        "1-channel JPEG; watermark code must not assume RGB",
    )
    add(
        "jpeg truncated 60%",
        "broken.jpg",
        "image/jpeg",
        good[: int(len(good) * 0.6)],
        "reject",
        "half an upload; Image.verify() does not catch it, a full decode does",
        ["no row is left as uploaded", "message tells the user to upload again"],
    )
    add("jpeg header only", "head.jpg", "image/jpeg", good[:20], "reject", "only the first 20 bytes")
    add(
        "jpeg no EOI (last 2 bytes cut)",
        "noeoi.jpg",
        "image/jpeg",
        good[:-2],
        "policy",
        "common with some phones: decodes fully in browsers; either answer, but the same every time",
    )
    g = bytearray(good)
    for _ in range(60):
        g[rnd.randrange(len(g) // 2, len(g) - 2)] ^= rnd.randrange(1, 255)
    add(
        "jpeg bit-flipped body",
        "flipped.jpg",
        "image/jpeg",
        bytes(g),
        "policy",
        "corrupt scan data; no 5xx, no worker crash",
    )
    add(
        "jpeg + trailing php",
        "logo.php.jpg",
        "image/jpeg",
        good + b"<?php echo 1; ?>",
        "accept",
        "polyglot tail; the picture is good",
        ["derived copy is re-encoded and has no tail", NOEXEC],
    )
    com = b"<script>alert(1)</script>"
    add(
        "jpeg with script in COM",
        "com.jpg",
        "image/jpeg",
        good[:2] + b"\xff\xfe" + struct.pack(">H", len(com) + 2) + com + good[2:],
        "accept",
        "script text in a comment",
        [STRIP, NOEXEC],
    )
    add(
        "mpo two pictures",
        "stereo.mpo.jpg",
        "image/jpeg",
        enc(base(), "MPO", save_all=True, append_images=[base(320, 200)]),
        "accept",
        "phone 'portrait' files are MPO; Pillow reports format MPO, not JPEG",
        ["type check does not refuse it as 'not JPEG'"],
        {"pillow_format": "MPO"},
    )
    add(
        "jpeg 1x1",
        "dot.jpg",
        "image/jpeg",
        enc(base(8, 8).resize((1, 1)), "JPEG"),
        "policy",
        "too small to be a material; no ZeroDivision in the watermark",
    )
    add(
        "jpeg 12000x10 strip",
        "strip.jpg",
        "image/jpeg",
        enc(Image.new("RGB", (12000, 10), "white"), "JPEG"),
        "policy",
        "extreme aspect; thumbnail side must not become 0",
    )
    big = Image.frombytes("RGB", (1600, 1200), rnd.randbytes(1600 * 1200 * 3))
    d = enc(big, "JPEG", quality=95, subsampling=0)
    assert len(d) <= POLICY["max_bytes"]
    d = d + b"\0" * (POLICY["max_bytes"] + 1 - len(d))
    add(
        "jpeg just over the size limit",
        "大图.jpg",
        "image/jpeg",
        d,
        "reject",
        "exactly max_bytes + 1",
        ["413/422 with the limit in the message; the connection is not just reset"],
        {"bytes": len(d)},
    )
    d2 = enc(base(), "JPEG")
    d2 = d2 + b"\0" * (POLICY["max_bytes"] - len(d2))
    add(
        "jpeg exactly at the size limit",
        "刚好.jpg",
        "image/jpeg",
        d2,
        "accept",
        "exactly max_bytes (padded after EOI)",
        [],
        {"bytes": len(d2)},
    )

    # --- PNG / GIF / WebP / others ---------------------------------------
    im16 = Image.new("I;16", (200, 120))
    im16.putdata([(i * 37) & 0xFFFF for i in range(200 * 120)])
    add(
        "png 16-bit gray",
        "scan16.png",
        "image/png",
        enc(im16, "PNG"),
        "accept",
        "16-bit; convert must not clip to white",
        ["derived copy is not a single flat colour"],
    )
    p = base().convert("P")
    add(
        "png palette + transparency",
        "palette.png",
        "image/png",
        enc(p, "PNG", transparency=0),
        "accept",
        "P mode with tRNS; JPEG derived copy needs RGB",
    )
    rgba = base().convert("RGBA")
    rgba.putalpha(60)
    add(
        "png RGBA transparent",
        "alpha.png",
        "image/png",
        enc(rgba, "PNG"),
        "accept",
        "flatten onto white, not black",
        ["derived copy background is light"],
    )
    add(
        "png bomb 60000x60000 header",
        "bomb_header.png",
        "image/png",
        raw_png(60000, 60000, rows=8),
        "reject",
        "3.6 gigapixels claimed in ~200 bytes",
        ["worker RSS grows < 50 MB", "answer < 2 s"],
        {"w": 60000, "h": 60000},
    )
    add(
        "png bomb 12000x12000 real",
        "bomb_real.png",
        "image/png",
        raw_png(12000, 12000, color=0),
        "reject",
        "144 Mpx (over 40 Mpx) in well under 1 MB: really decodable",
        ["worker RSS grows < 50 MB", "answer < 2 s"],
        {"w": 12000, "h": 12000},
    )
    add(
        "png just under the pixel limit",
        "39mpx.png",
        "image/png",
        raw_png(6500, 6150, color=0),
        "accept",
        "39.975 Mpx, under 40",
        [],
        {"w": 6500, "h": 6150},
    )
    zt = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 80_000_000, 9))
    add(
        "png zTXt text bomb",
        "ztxt.png",
        "image/png",
        raw_png(64, 64, extra=zt),
        "policy",
        "80 MB of text in an 80 KB chunk; Pillow caps text chunks",
        ["no 5xx", "worker RSS grows < 100 MB"],
    )
    add(
        "png bad CRC",
        "badcrc.png",
        "image/png",
        (lambda b: b[:40] + bytes([b[40] ^ 1]) + b[41:])(enc(base(), "PNG")),
        "reject",
        "broken checksum in the first chunks",
    )
    gif = enc(base(120, 80).convert("P"), "GIF")
    frames = [Image.new("P", (120, 80), i) for i in range(12)]
    add("gif still", "a.gif", "image/gif", gif, "reject", "type not in the list")
    add(
        "gif animated",
        "anim.gif",
        "image/gif",
        enc(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0),
        "reject",
        "type not in the list; animation",
    )
    add(
        "gif/js polyglot",
        "poly.gif",
        "image/gif",
        b"GIF89a/*" + gif[8:] + b"*/=1;alert(1);",
        "reject",
        "runs as script if served wrongly",
        [NOEXEC],
    )
    add(
        "gif/js polyglot as .jpg",
        "头像.jpg",
        "image/jpeg",
        b"GIF89a/*" + gif[8:] + b"*/=1;alert(1);",
        "reject",
        "content does not match extension",
        [NOEXEC],
    )
    wf = [base(120, 80).rotate(i * 30) for i in range(5)]
    add(
        "webp animated",
        "anim.webp",
        "image/webp",
        enc(wf[0], "WEBP", save_all=True, append_images=wf[1:], duration=80),
        "policy",
        "still only: refuse, or use frame 1 and say so",
    )
    add("tiff", "scan.tif", "image/tiff", enc(base(), "TIFF"), "reject", "type not in the list")
    add(
        "tiff named .jpg",
        "scan.jpg",
        "image/jpeg",
        enc(base(), "TIFF"),
        "reject",
        "Pillow opens it happily by magic bytes: the allow-list must be on the detected format",
    )
    add("bmp", "shot.bmp", "image/bmp", enc(base(), "BMP"), "reject", "type not in the list")
    add("ico", "fav.ico", "image/x-icon", enc(base(64, 64), "ICO"), "reject", "type not in the list")
    add(
        "png named .jpg",
        "其实是png.jpg",
        "image/jpeg",
        enc(base(), "PNG"),
        "policy",
        "common on phones: accept as PNG by content, or refuse; Content-Type served must be the detected one",
    )
    heic = struct.pack(">I", 24) + b"ftypheic" + struct.pack(">I", 0) + b"mif1heic" + b"\0" * 64
    add(
        "heic header only",
        "IMG_0001.HEIC",
        "image/heic",
        heic,
        "reject",
        "iPhone default format; header only",
        ["the message says what to do: 请转成 JPG 后上传"],
    )
    add(
        "heic header named .jpg with empty mime",
        "IMG_0002.jpg",
        "",
        heic,
        "reject",
        "some browsers send an empty type for HEIC",
    )
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    add("svg with script", "icon.svg", "image/svg+xml", svg, "reject", "stored XSS", [NOEXEC])
    add("svg as png", "icon.png", "image/png", svg, "reject", "declared type lies", [NOEXEC])
    xxe = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'
    add(
        "svg with external entity",
        "xxe.svg",
        "image/svg+xml",
        xxe,
        "reject",
        "XXE",
        ["/etc/passwd text never appears in any answer or log"],
    )
    add(
        "html named .jpg",
        "photo.jpg",
        "image/jpeg",
        b"<!doctype html><script>alert(document.cookie)</script>" + b" " * 600,
        "reject",
        "HTML with an image name",
        [NOEXEC],
    )
    add(
        "html after jpeg magic",
        "magic.jpg",
        "image/jpeg",
        b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>",
        "reject",
        "magic bytes only",
        [NOEXEC],
    )

    # --- PDF ---------------------------------------------------------------
    js = page_objs(b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")
    add(
        "pdf with javascript",
        "js.pdf",
        "application/pdf",
        pdf(js),
        "policy",
        "active PDF: refuse, or store and only show a rendered copy",
        [NOEXEC],
    )
    la = page_objs(b"/OpenAction << /S /Launch /F (cmd.exe) >>")
    add(
        "pdf with launch action",
        "launch.pdf",
        "application/pdf",
        pdf(la),
        "reject",
        "launch action",
        [NOEXEC],
    )
    encd = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
        + b"00" * 32
        + b"> /U <"
        + b"00" * 32
        + b"> >> /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    )
    add(
        "pdf encrypted",
        "加密.pdf",
        "application/pdf",
        pdf(page_objs(), extra_trailer=encd),
        "reject",
        "the agent cannot read it",
        ["message: 请上传未加密的文件"],
    )
    add(
        "pdf truncated",
        "半个.pdf",
        "application/pdf",
        pdf(page_objs(n=3))[:180],
        "reject",
        "no xref / EOF",
        ["no row is left as uploaded"],
    )
    add(
        "pdf 3000 pages",
        "3000p.pdf",
        "application/pdf",
        pdf(page_objs(n=3000)),
        "policy",
        "page limit must exist; rendering must be bounded",
        ["answer < 5 s"],
        {"pages": 3000},
    )
    add(
        "pdf huge page",
        "hugepage.pdf",
        "application/pdf",
        pdf(page_objs(media=b"0 0 2000000 2000000")),
        "policy",
        "render would need terabytes",
        ["worker RSS grows < 200 MB"],
    )
    add(
        "pdf/zip polyglot",
        "poly.pdf",
        "application/pdf",
        pdf(page_objs()) + zip_bytes([("evil.html", b"<script>1</script>")]),
        "policy",
        "also opens as zip",
        [NOEXEC],
    )
    add(
        "pdf header not at 0",
        "junk.pdf",
        "application/pdf",
        b"\n" * 200 + pdf(page_objs()),
        "policy",
        "allowed by readers within the first 1024 bytes",
    )

    # --- archives / office / others -----------------------------------------
    add(
        "zip bomb 1 layer",
        "资料.zip",
        "application/zip",
        zip_bytes([("a.bin", b"\0" * 60_000_000)]),
        "reject",
        "60 MB in ~60 KB; type not in list",
        ["nothing is unpacked"],
    )
    inner = zip_bytes([("a.bin", b"\0" * 20_000_000)])
    add(
        "zip nested",
        "nested.zip",
        "application/zip",
        zip_bytes([("%d.zip" % i, inner) for i in range(8)]),
        "reject",
        "nested",
        ["nothing is unpacked"],
    )
    add(
        "zip slip",
        "slip.zip",
        "application/zip",
        zip_bytes([("../../tmp/slip_%d.txt" % seed, b"x")]),
        "reject",
        "path traversal in a member",
        ["nothing is unpacked"],
    )
    docx = [
        (
            "[Content_Types].xml",
            b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        ),
        ("word/document.xml", b"<w/>"),
    ]
    add(
        "docx",
        "说明.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        zip_bytes(docx),
        "policy",
        "chat file, not a material; one documented answer",
    )
    add(
        "docm with vba part",
        "宏.docm",
        "application/vnd.ms-word.document.macroEnabled.12",
        zip_bytes(docx + [("word/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"\0" * 64)]),
        "reject",
        "macro document",
    )
    add(
        "docm renamed .docx",
        "宏.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        zip_bytes(docx + [("word/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"\0" * 64)]),
        "reject",
        "macro part under a plain name",
    )
    eicar = "".join(
        ["X5O!P%@AP[4", "\\PZX54(P^)7CC)7}", "$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE", "!$H+H*"]
    ).encode()
    add("eicar", "eicar.txt", "text/plain", eicar, "reject", "anti-virus test string (harmless)")
    add(
        "eicar after a jpeg",
        "eicar.jpg",
        "image/jpeg",
        good + eicar,
        "policy",
        "scanner on: reject; scanner off: accepted original, re-encoded copy has no tail",
    )
    add(
        "exe header named .pdf",
        "表.pdf",
        "application/pdf",
        b"MZ" + b"\0" * 512,
        "reject",
        "content does not match",
        [NOEXEC],
    )
    add("empty file", "empty.jpg", "image/jpeg", b"", "reject", "0 bytes", ["no row is left as uploaded"])
    add("one byte", "one.png", "image/png", b"\x89", "reject", "1 byte")
    add("random bytes", "random.jpg", "image/jpeg", rnd.randbytes(4096), "reject", "noise")

    # --- names (the content is good) ------------------------------------------
    def nm(kind, fn, reason, expect="accept", raw=None):
        add(
            "name: " + kind,
            fn,
            "image/jpeg",
            good,
            expect,
            reason,
            [NAME],
            {"sha256_of_control": hashlib.sha256(good).hexdigest()},
            raw=raw,
        )

    nm("unix traversal", "../../../../tmp/pwn.jpg", "path traversal")
    nm("windows traversal", "..\\..\\windows\\win.jpg", "path traversal")
    nm("absolute", "/etc/cron.d/x.jpg", "absolute path")
    nm("url-encoded traversal", "..%2f..%2fx.jpg", "decoded twice?")
    nm("NUL inside", "a.php\x00.jpg", "NUL byte", expect="policy")
    nm(
        "RTL override",
        "材料\u202egpj.exe.jpg",
        "U+202E makes the shown name lie: strip bidi controls when showing",
    )
    nm("CRLF", "a\r\nSet-Cookie: x=1.jpg", "header injection on download", expect="policy")
    nm(
        "300 Chinese characters",
        "长" * 300 + ".jpg",
        "900 bytes in UTF-8 > 255-byte file system limit: shown name may be cut, upload must work or give 4xx",
        expect="policy",
    )
    nm("emoji", "我的👨‍👩‍👧‍👦照片🎓.jpg", "4-byte UTF-8 + ZWJ: MySQL utf8 would fail")
    nm("quote and html", '"><img src=x onerror=alert(1)>.jpg', "stored XSS through the shown name")
    nm("css breakout", "cat.png');position:absolute;left:0;.jpg", "style breakout through a background url")
    nm(
        "double extension",
        "photo.jpg.html",
        "last extension is html while the content is JPEG",
        expect="reject",
    )
    nm("double extension reversed", "photo.html.jpg", "served type must be image/jpeg")
    nm("only extension", ".jpg", "name is empty after cleaning")
    nm(
        "only Chinese",
        "身份证",
        "no extension at all; ASCII-only cleaners give an empty name",
        expect="policy",
    )
    nm("upper-case extension", "IMG.JPG", "ordinary on cameras")
    nm("spaces and dots", "  图 片 .. .jpg  ", "trim")
    nm("windows device", "CON.jpg", "an agent's PC is Windows: the download name must be safe")
    nm("dash", "-rf.jpg", "option injection where a name reaches a command line")
    nm("template", "{{7*7}}${7*7}.jpg", "template injection: 49 must never be shown")
    nm("formula", "=cmd|' /C calc'!A0.jpg", "CSV export of material names must neutralise it")
    nm(
        "GBK bytes",
        "身份证.jpg",
        "header bytes in GBK, not UTF-8 (old Windows clients): no 5xx",
        expect="policy",
        raw="身份证.jpg".encode("gbk").decode("latin-1"),
    )
    nm("NFD", "Cafe\u0301.jpg", "macOS decomposed form; the same name must be found again")
    nm("sql", "a'; DROP TABLE materials;--.jpg", "quote handling")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--seed", type=int, default=20261125)
    a = ap.parse_args()
    build(a.seed)
    fdir = os.path.join(a.out, "files")
    os.makedirs(fdir, exist_ok=True)
    man = []
    for e in CASES:
        data = e.pop("_data")
        e["disk_name"] = e["id"] + ".bin"
        e["size"] = len(data)
        e["sha256"] = hashlib.sha256(data).hexdigest()
        with open(os.path.join(fdir, e["disk_name"]), "wb") as f:
            f.write(data)
        man.append(e)
    doc = {
        "policy": POLICY,
        "seed": a.seed,
        "pillow": Image.__version__,
        "count": len(man),
        "by_expect": {k: sum(1 for m in man if m["expect"] == k) for k in ("accept", "reject", "policy")},
        "cases": man,
    }
    with open(os.path.join(a.out, "manifest.json"), "w", encoding="utf-8") as f:
        json.dump(doc, f, ensure_ascii=True, indent=1)
    print(json.dumps({k: doc[k] for k in ("count", "by_expect", "pillow")}))


if __name__ == "__main__":
    main()
