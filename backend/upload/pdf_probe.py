"""Run as a program on a PDF in stdin; imports nothing of ours.

`judge` answers {"pages": n} or {"refused": why} in JSON; `picture N` answers the first page as a JPEG of N pixels.
"""

import json
import re
import resource
import sys
import zlib

MAX_PAGES = 50
MAX_PAGE_POINTS = 14_400
MAX_INFLATED = 64 * 1024 * 1024  # of all object streams together

# What runs, opens, sends or hides something. A plain link (/URI) and a page jump (/GoTo) are harmless.
ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|Movie|Rendition|XFA|SubmitForm|ImportData)\b"
)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def limit() -> None:
    """At most 8 seconds of processor time and 1 GiB of address space."""
    resource.setrlimit(resource.RLIMIT_CPU, (8, 8))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def plain_objects(data: bytes) -> bytes:
    """All that is not a stream's body, and the bodies of object streams, with #-escapes of names undone."""
    parts, end, budget = [], 0, MAX_INFLATED
    for found in STREAM.finditer(data):
        before = data[end : found.start()]
        parts.append(before)
        end = found.end()
        if b"/ObjStm" in before[before.rfind(b"obj") :] and budget > 0:
            text = inflate(found.group(1), budget)
            budget -= len(text)
            parts.append(text)
    parts.append(data[end:])
    return ESCAPED.sub(lambda m: bytes([int(m.group(1), 16)]), b"\n".join(parts))


def inflate(data: bytes, at_most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, at_most)
    except zlib.error:
        return b""


def judge(data: bytes) -> dict[str, object]:
    import pypdfium2

    if ACTIVE.search(plain_objects(data)):
        return {"refused": "active"}
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        locked = fault.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY)
        return {"refused": "encrypted" if locked or b"/Encrypt" in data else "broken"}
    if pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document.raw) != -1:
        return {"refused": "encrypted"}
    pages = len(document)
    if pages == 0:
        return {"refused": "broken"}
    if pages > MAX_PAGES:
        return {"refused": "pages"}
    for number in range(pages):
        try:
            width, height = document[number].get_size()
        except pypdfium2.PdfiumError:
            return {"refused": "broken"}
        if not (1 <= width <= MAX_PAGE_POINTS and 1 <= height <= MAX_PAGE_POINTS):
            return {"refused": "page_size"}
        document[number].render(scale=64 / max(width, height))
    return {"pages": pages}


def picture(data: bytes, long_side: int) -> bytes:
    import io

    import pypdfium2

    page = pypdfium2.PdfDocument(data)[0]
    out = io.BytesIO()
    page.render(scale=long_side / max(page.get_size())).to_pil().convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


if __name__ == "__main__":
    limit()
    document = sys.stdin.buffer.read()
    if sys.argv[1] == "picture":
        sys.stdout.buffer.write(picture(document, int(sys.argv[2])))
    else:
        print(json.dumps(judge(document)))
