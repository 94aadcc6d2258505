"""What a session refuses, in the applicant's and the agent's words."""

from backend.platform.errors import Conflict, Forbidden, Invalid, NotAllowedNow


class TextChanged(Conflict):
    code, message = "text_changed", "授权内容已更新，请重新阅读并勾选"


class ConsentMissing(Invalid):
    code, message = "consent_missing", "请阅读并勾选全部授权内容后再排队"


class MaterialsNotReady(Invalid):
    code, message = "materials_not_ready", "请先核对申报材料清单，确认材料已准备齐全"


class SessionOpen(Conflict):
    code, message = "session_open", "您有一件正在进行的业务，请先从“未完成业务重新连接”进入"


class AlreadyTaken(Conflict):
    code, message = "already_taken", "该申请人已被其他客服接入，请接入下一位"


class NobodyWaiting(Conflict):
    code, message = "nobody_waiting", "当前没有等待的申请人"


class AgentNotIdle(Conflict):
    code, message = "agent_not_idle", "请先上线并结束当前会话，再接入申请人"


class NotYourSession(Forbidden):
    code, message = "not_your_session", "只有正在服务的客服可以进行该操作"


class SessionNotActive(NotAllowedNow):
    code, message = "session_not_active", "申请人接通后才能进行该操作"


class SessionEnded(NotAllowedNow):
    code, message = "session_ended", "会话已结束，不能再发送内容"


class ContentRefused(Invalid):
    code, message = "content_refused", "内容含有不适宜的词语，没有发送，请修改后再发"


class WrongSurface(Invalid):
    code, message = "wrong_surface", "请选择整个屏幕"


class OutsideServiceHours(Conflict):
    code, message = "outside_service_hours", "当前不在服务时间内，请在服务时间内重新连接"
