"""What a file may be at most, and which kinds are taken where (guide rows S19, S26; ASVS 5.2)."""

from enum import StrEnum

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000  # our own limit: Pillow's only warns up to 179 million (stack.md V18)
MIN_SIDE = 32  # pixels; smaller shows nothing and breaks tiling
MAX_PAGES = 50
MAX_PAGE_POINTS = 14_400  # 200 inch, the limit of the PDF format itself


class Purpose(StrEnum):
    CHAT = "chat"  # sent in the chat by either side
    MATERIAL = "material"  # uploaded for a requested material
    SNAPSHOT = "snapshot"  # a picture taken by the agent from the video
    COPY = "copy"  # the watermarked copy of a verified material


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
PDF = "application/pdf"
HEIC = "image/heic"

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", HEIC})
OFFICE = frozenset({DOCX, XLSX, PPTX})

# A material is what an agent can check by eye and we can watermark; a chat file may be an Office document too.
TAKEN = {
    Purpose.CHAT: IMAGES | OFFICE | {PDF},
    Purpose.MATERIAL: IMAGES | {PDF},
    Purpose.SNAPSHOT: frozenset({"image/jpeg", "image/png", "image/webp"}),
}

_IMAGE_EXTENSIONS = frozenset({"jpg", "jpeg", "jpe", "jfif", "png", "webp", "heic", "heif", "mpo"})

# The extensions a name may have for a content; phones often name a PNG .jpg, so all images share one list.
EXTENSIONS = dict.fromkeys(IMAGES, _IMAGE_EXTENSIONS) | {
    PDF: frozenset({"pdf"}),
    DOCX: frozenset({"docx"}),
    XLSX: frozenset({"xlsx"}),
    PPTX: frozenset({"pptx"}),
}

# The extension we give a file that comes without one.
EXTENSION = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", HEIC: "heic",
    PDF: "pdf", DOCX: "docx", XLSX: "xlsx", PPTX: "pptx",
}  # fmt: skip
