"""What can be wrong with a file or a material, in words that say what to do next."""

from backend.platform.errors import (
    Conflict,
    Expired,
    Invalid,
    Malformed,
    NotAllowedNow,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)


class NoFile(Malformed):
    code = "no_file"
    message = "没有收到文件，请重新选择文件上传"


class EmptyFile(Invalid):
    code = "file_empty"
    message = "文件是空的，请重新选择文件上传"


class FileTooLarge(TooLarge):
    code = "file_too_large"
    message = "文件超过 10 MB，请压缩后重新上传"


class TypeRefused(UnsupportedMedia):
    code = "file_type_refused"
    message = "不支持这种文件，请上传 JPG、PNG、WebP 图片或 PDF"


class NameMismatch(UnsupportedMedia):
    code = "file_name_mismatch"
    message = "文件名的后缀与内容不符，请改回正确的后缀后重新上传"


class BrokenFile(Invalid):
    code = "file_broken"
    message = "文件不完整或已损坏，请重新上传"


class TooManyPixels(Invalid):
    code = "image_too_many_pixels"
    message = "图片超过 4000 万像素，请缩小后重新上传"


class ImageTooSmall(Invalid):
    code = "image_too_small"
    message = "图片太小，看不清内容，请重新拍照上传"


class AnimatedImage(Invalid):
    code = "image_animated"
    message = "不支持动图，请上传静态图片"


class HeicUnreadable(UnsupportedMedia):
    code = "heic_unreadable"
    message = "无法读取这张 HEIC 图片，请转成 JPG 后上传"


class PdfEncrypted(Invalid):
    code = "pdf_encrypted"
    message = "PDF 已加密，客服无法查看，请上传未加密的文件"


class PdfActive(Invalid):
    code = "pdf_active"
    message = "PDF 带有脚本或可执行内容，请用“打印为 PDF”另存后重新上传"


class PdfTooManyPages(Invalid):
    code = "pdf_too_many_pages"
    message = "PDF 超过 50 页，请拆分后分别上传"


class PdfPageTooBig(Invalid):
    code = "pdf_page_too_big"
    message = "PDF 的页面尺寸异常，请用“打印为 PDF”另存后重新上传"


class MacroDocument(UnsupportedMedia):
    code = "document_has_macro"
    message = "文档带有宏，请另存为不含宏的文档或 PDF 后重新上传"


class VirusFound(Invalid):
    code = "file_infected"
    message = "文件未通过安全检查，请更换文件后重新上传"


class ScannerAway(Unavailable):
    code = "scanner_away"
    message = "文件安全检查暂时不可用，文件没有保存，请稍后重新上传"


class CopyPending(Conflict):
    code = "copy_pending"
    message = "水印件正在生成，请稍候"


class OriginalSealed(Expired):
    code = "original_sealed"
    message = "该材料已核验，请查看水印件"


class VersionChanged(Conflict):
    code = "version_changed"
    message = "申请人刚刚更换了文件，请查看最新的文件后再核验"


class UploadClosed(NotAllowedNow):
    code = "upload_closed"
    message = "会话已结束，不能再上传"


class NothingRequested(Invalid):
    code = "nothing_requested"
    message = "请至少选择一项材料"


class UnknownRequirement(Invalid):
    code = "unknown_requirement"
    message = "所选材料不在该事项的材料清单中，请刷新后重试"
