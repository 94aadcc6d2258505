"""What can go wrong while somebody says who they are."""

from backend.platform.errors import (
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    TooMany,
    Unauthenticated,
    Unavailable,
)


class WrongCode(Invalid):
    code = "wrong_code"
    message = "验证码不正确，请核对短信后重试"


class CodeExpired(Invalid):
    code = "code_expired"
    message = "验证码已失效，请重新获取"


class WrongPassword(Unauthenticated):
    code = "wrong_password"
    message = "账号或密码不正确"


class TotpRequired(Unauthenticated):
    code = "totp_required"
    message = "请输入动态验证码"


class WrongTotp(Unauthenticated):
    code = "wrong_totp"
    message = "动态验证码不正确，请等待下一个验证码后重试"


class TotpNotSetUp(Forbidden):
    code = "totp_not_set_up"
    message = "该账号尚未绑定动态验证码，请联系管理员"


class AccountLocked(TooMany):
    code = "account_locked"
    message = "登录失败次数过多，账号已暂时锁定，请稍后再试"


class LoginExpired(Unauthenticated):
    code = "login_expired"
    message = "登录已失效，请重新登录"


class ForeignOrigin(Forbidden):
    code = "foreign_origin"
    message = "请求来源不正确，请在本站页面内操作"


class IdNumberTaken(Conflict):
    code = "id_number_taken"
    message = "该身份证号已绑定其他账号，请用原来的手机号登录"


class PhoneTaken(Conflict):
    code = "phone_taken"
    message = "该手机号已绑定其他账号，请用该手机号登录"


class WechatRefused(Unauthenticated):
    code = "wechat_refused"
    message = "微信登录未成功，请重新进入后再试"


class SnapshotUser(Forbidden):
    code = "wechat_snapshot_user"
    message = "当前为微信快照页，请点击右下角“使用完整服务”后再登录"


class SmsUnavailable(Unavailable):
    code = "sms_unavailable"
    message = "短信暂时发送不出去，请稍后再试或用微信登录"


class StaffNameTaken(Conflict):
    code = "staff_name_taken"
    message = "账号或工号已被使用"


class LastAdmin(Conflict):
    code = "last_admin"
    message = "至少要保留一个可用的管理员账号"


class NameConflict(Conflict):
    code = "name_conflict"
    message = "该手机号已登记为另一姓名，请核对或到窗口办理"


class ForeignPath(Invalid):
    code = "foreign_path"
    message = "只能打开本站的页面"


class TicketUsed(Expired):
    code = "ticket_used"
    message = "进入链接已失效，请返回小程序重新打开"


class ScanOver(Expired):
    code = "scan_over"
    message = "二维码已失效，请在电脑上刷新后重新扫码"


class ScanTaken(Conflict):
    code = "scan_taken"
    message = "该二维码已被其他人扫描，请在电脑上刷新后重新扫码"


class ScanForeign(Forbidden):
    code = "scan_foreign"
    message = "请在显示二维码的浏览器中登录"


class NameNeeded(Conflict):
    """`details.proof` goes with the name: the number need not be proven again."""

    code = "name_needed"
    message = "该手机号已有账号，请填写该账号登记的真实姓名后合并"


class NameWrong(Conflict):
    code = "name_wrong"
    message = "姓名与该手机号登记的不一致，请核对后重试"


class NameFixed(Conflict):
    code = "name_fixed"
    message = "实名信息已由身份认证平台核验，不能修改；如有变更请到认证平台更新"


class ProofOver(Expired):
    code = "proof_over"
    message = "手机号验证已过期，请重新获取验证码"


class PrivacyWithdrawn(Forbidden):
    code = "privacy_withdrawn"
    message = "您已撤回隐私授权，重新同意隐私政策后才能登录和预约"


class PrivacyChanged(Conflict):
    code = "privacy_changed"
    message = "隐私政策已更新，请阅读后重新同意"


class GovRefused(Unauthenticated):
    code = "gov_refused"
    message = "统一身份认证没有完成，请重试或换一种方式登录"


class GovUnavailable(Unavailable):
    code = "gov_unavailable"
    message = "统一身份认证平台暂时不可用，请稍后再试或换一种方式登录"


class IshenzhenRefused(Unauthenticated):
    code = "ishenzhen_refused"
    message = "从 i深圳 进入没有成功，请返回 i深圳 重新进入，或在此登录"


class IshenzhenUnavailable(Unavailable):
    code = "ishenzhen_unavailable"
    message = "i深圳 暂时没有回应，请稍后重新进入，或在此登录"
