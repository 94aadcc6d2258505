"""Every setting, its meaning and a safe default. Environment variables of the same name (upper case) override."""

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
PUSH_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")
AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
DEVELOPMENT_SECRET = "development-only-secret-never-use-in-production"  # noqa: S105 (refused in production)


class NoticeTemplate(BaseModel):
    """A template of the console: its id, and which of a notice's words each of its fields shows (backend/notice)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(min_length=1, max_length=64)
    fields: dict[str, str] = Field(min_length=1)  # "thing1" → "item"


class Settings(BaseSettings):
    """Read once when the application is made; features ask `backend.platform.settings.settings()`."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False, env_ignore_empty=True)

    # --- where the product runs -------------------------------------------------------------
    mode: Literal["development", "test", "production"] = "development"
    secret_key: str = DEVELOPMENT_SECRET  # signs tokens and derives the field encryption keys
    previous_secret_keys: list[str] = []  # still accepted for reading after a rotation
    public_url: str = "http://127.0.0.1:8000"  # how a phone reaches us: QR codes and links start with it
    allowed_origins: list[str] = []  # more Origins that may open sockets; our own host always may
    trusted_proxies: int = 0  # how many proxies in front set X-Forwarded-*; 0 = believe none
    log_level: str = "INFO"
    log_format: Literal["console", "json"] = "console"

    # --- what it stands on -------------------------------------------------------------------
    database_url: str = f"sqlite:///{ROOT / 'var' / 'app.db'}"
    database_pool_size: int = 16  # connections kept for each process (PostgreSQL)
    redis_url: str = f"unix://{ROOT / 'var' / 'redis.sock'}?db=0"
    storage_url: str = f"file://{ROOT / 'var' / 'files'}"  # or s3://bucket/prefix?endpoint=https://…
    web_dist: str = str(ROOT / "web" / "dist")  # the built pages
    frame_ancestors: list[str] = []  # who may show our pages in a frame; nobody by default
    max_request_bytes: int = 12 * 1024 * 1024

    # --- sign-in ------------------------------------------------------------------------------
    access_token_seconds: int = 900
    refresh_token_days: int = 30
    sms_gateway: Literal["sandbox", "http"] = "sandbox"
    sms_url: str = ""  # the district's message platform; gets {"phone", "template", "params": [code, minutes]}
    sms_key: str = ""  # its bearer key
    sms_template: str = "sign-in-code"
    sms_per_ip_hour: int = 60  # codes one address may ask for in an hour
    sign_ins_per_ip: int = 120  # tries from one address in ten minutes
    password_memory_kib: int = 65536  # argon2id; what one check of a password costs
    staff_totp_required: bool = False  # production refuses False (等保 8.1.4.1: two kinds of factors)
    check_id_number: bool = True  # checksum of GB 11643; demo people have invalid check digits on purpose

    # --- identity platforms --------------------------------------------------------------------
    oidc_gateway: Literal["sandbox", "real", "off"] = "sandbox"  # 统一身份认证平台, over OpenID Connect
    oidc_issuer: str = "http://127.0.0.1:8003/oidc"  # as its discovery document names it; browsers reach it, too
    oidc_client_id: str = "shipinban"
    oidc_client_secret: str = "sandbox-secret-of-the-client"  # noqa: S105
    ishenzhen_gateway: Literal["sandbox", "real", "off"] = "sandbox"  # entry from the i深圳 app
    ishenzhen_url: str = "http://127.0.0.1:8003/ishenzhen"
    ishenzhen_app_id: str = "shipinban"
    ishenzhen_secret: str = "sandbox-secret-of-the-entry"  # noqa: S105 - signs the exchange of the code

    # --- WeChat (docs/wechat.md) ------------------------------------------------------------
    wechat_gateway: Literal["sandbox", "real"] = "sandbox"
    wechat_sandbox_url: str = "http://127.0.0.1:8001"
    wechat_sandbox_browser_url: str = ""  # the same as browsers and phones reach it; empty: as above
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_open_url: str = "https://open.weixin.qq.com"
    wechat_mp_appid: str = "wx5a6d626f78000001"  # the mini-program; these are the sandbox's
    wechat_mp_secret: str = "sandbox-secret-of-the-mini-program"  # noqa: S105
    wechat_oa_appid: str = "wx5a6d626f78000002"  # the official account
    wechat_oa_secret: str = "sandbox-secret-of-the-official-account"  # noqa: S105
    wechat_mp_token: str = "sandboxtokenmp"  # noqa: S105 - of the message push; letters and digits
    wechat_mp_aes_key: str = ""  # EncodingAESKey, 43 characters; empty: plain mode
    wechat_oa_token: str = "sandboxtokenoa"  # noqa: S105
    wechat_oa_aes_key: str = ""
    wechat_previous_aes_keys: list[str] = []  # still opened for a while after a change
    wechat_oa_menu: Literal["miniprogram", "view"] = "view"  # what 视频办 in the menu opens
    wechat_mp_state: Literal["formal", "trial", "developer"] = "formal"  # which version notices and codes open
    wechat_verify_files: dict[str, str] = {}  # name → body of MP_verify_….txt at the root, as the console gives them
    wechat_timeout_seconds: float = 4  # a call to WeChat; our own answer must come within 5 s

    # --- notices (docs/wechat.md) -------------------------------------------------------------
    # kind of notice → {"id": "…", "fields": {"thing1": "item"}}; a kind without one goes by the next channel
    notice_mp_templates: dict[str, NoticeTemplate] = {}  # subscribe messages of the mini-program
    notice_oa_templates: dict[str, NoticeTemplate] = {}  # template messages of the official account
    notice_sms_template: str = "notice"  # of the message platform: gets the whole text; empty: no text messages
    notice_sms_per_day: int = 3  # text messages to one number, sign-in codes not counted
    notice_quiet_from: int = Field(default=22, ge=0, le=23)  # nothing is sent from this hour, Asia/Shanghai …
    notice_quiet_until: int = Field(default=8, ge=0, le=23)  # … until this one, unless it would be too late then
    notice_days: int = 180  # how long a person finds their notices
    # chat of applicants through WeChat's content check: texts, or pictures too. Never papers that are handed in
    content_check: Literal["off", "text", "all"] = "off"

    # --- booking -------------------------------------------------------------------------------
    hold_seconds: int = 120  # how long a place is held before it is confirmed
    release_days: int = 14  # slots are opened this many days ahead
    release_hour: int = 8  # … at this hour, Asia/Shanghai
    queue_early_minutes: int = 0  # how early before the slot one may queue
    queue_late_minutes: int = 10  # how late after its end

    # --- session -------------------------------------------------------------------------------
    ring_seconds: int = 30
    grace_seconds: int = 120  # a lost connection suspends an active session after this
    suspend_workdays: int = 5
    own_agent_minutes: int = 10  # a returning session waits this long for its own agent first
    away_minutes: int = 30  # a waiting page gone for so long: the ticket ends, the booking may be used again
    agent_silent_seconds: int = 20  # an agent whose console is not heard for so long goes offline
    usual_handling_minutes: int = 12  # for the estimated wait while there are no recent sessions to measure
    turn_urls: list[str] = []  # e.g. turn:turn.example.cn:3478?transport=udp
    stun_urls: list[str] = []
    turn_secret: str = ""  # coturn static-auth-secret
    turn_ttl_seconds: int = 3600

    # --- files ----------------------------------------------------------------------------------
    clamd_address: str = ""  # host:port or /path of clamd; empty: no scan. Once set, no answer means no upload

    # --- courier --------------------------------------------------------------------------------
    courier_gateway: Literal["sandbox", "http"] = "sandbox"
    courier_url: str = "http://127.0.0.1:8002"
    courier_key: str = "courier-sandbox"  # shared with the courier: authorises our orders, signs its pushes

    # --- sockets ---------------------------------------------------------------------------------
    socket_limit: int = Field(default=100, ge=1)  # open sockets a process; threads beyond stay free for HTTP
    socket_tickets_per_minute: int = 240  # for one person, or one address without sign-in
    socket_message_bytes: int = 64 * 1024
    socket_messages_per_second: int = 20
    socket_signals_per_second: int = 200
    socket_outbox_bytes: int = 512 * 1024  # what may wait for a slow client, beside the kernel's 256 kB
    socket_ping_seconds: float = 15  # silence after which we ask; a dead peer is found in socket_dead_seconds
    socket_dead_seconds: float = 45
    socket_send_seconds: float = 25  # a client that has been behind for so long is let go
    redis_patience_seconds: float = 300  # a process that can't hear the others for so long ends itself

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @model_validator(mode="after")
    def production_is_strict(self) -> "Settings":
        """Production refuses stand-ins, default secrets and the embedded database (architecture: production)."""
        if not self.production:
            return self
        faults = []
        if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < 32:
            faults.append("SECRET_KEY must be a secret of at least 32 characters")
        if self.database_url.startswith("sqlite"):
            faults.append("DATABASE_URL must be PostgreSQL")
        for name in ("sms_gateway", "wechat_gateway", "courier_gateway", "oidc_gateway", "ishenzhen_gateway"):
            if getattr(self, name) == "sandbox":
                faults.append(f"{name.upper()} must not be the sandbox")
        faults += self._wechat_faults()
        if self.sms_gateway == "http" and not self.sms_url.startswith("https://"):
            faults.append("SMS_URL must be https")
        if len(self.courier_key) < 16 or self.courier_key == Settings.model_fields["courier_key"].default:
            faults.append("COURIER_KEY must be a secret of at least 16 characters")
        if not self.courier_url.startswith("https://"):
            faults.append("COURIER_URL must be https")
        for gateway, url, key in (
            ("oidc_gateway", "oidc_issuer", "oidc_client_secret"),
            ("ishenzhen_gateway", "ishenzhen_url", "ishenzhen_secret"),
        ):
            if getattr(self, gateway) == "real" and not getattr(self, url).startswith("https://"):
                faults.append(f"{url.upper()} must be https")
            if getattr(self, gateway) == "real" and getattr(self, key) == Settings.model_fields[key].default:
                faults.append(f"{key.upper()} must be the platform's")
        if not self.staff_totp_required:
            faults.append("STAFF_TOTP_REQUIRED must be true")
        if not self.public_url.startswith("https://"):
            faults.append("PUBLIC_URL must be https")
        if self.turn_urls and not self.turn_secret:
            faults.append("TURN_SECRET is missing")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _wechat_faults(self) -> list[str]:
        """What of WeChat production refuses: a sandbox value, and a push that anyone could sign or read."""
        faults = []
        for name in ("mp_appid", "mp_secret", "oa_appid", "oa_secret", "mp_token", "oa_token"):
            value = getattr(self, f"wechat_{name}")
            if not value or value == Settings.model_fields[f"wechat_{name}"].default:
                faults.append(f"WECHAT_{name.upper()} must be the one of the WeChat console")
        for name in ("mp_token", "oa_token"):
            if not PUSH_TOKEN.fullmatch(getattr(self, f"wechat_{name}")):
                faults.append(f"WECHAT_{name.upper()} must be 3 to 32 letters and digits")
        for name in ("mp_aes_key", "oa_aes_key"):
            if not AES_KEY.fullmatch(getattr(self, f"wechat_{name}")):
                faults.append(f"WECHAT_{name.upper()} must be the EncodingAESKey: 43 letters and digits (safe mode)")
        for name in ("wechat_api_url", "wechat_open_url"):
            if not getattr(self, name).startswith("https://"):
                faults.append(f"{name.upper()} must be https")
        return faults


class BadSettings(SystemExit):
    """A setting can't be used: one clear line and exit code 2."""

    def __init__(self, fault: ValidationError) -> None:
        lines = [f"{'.'.join(str(p) for p in e['loc']).upper() or 'settings'}: {e['msg']}" for e in fault.errors()]
        super().__init__("bad setting: " + "; ".join(lines))


def load(**overrides: object) -> Settings:
    """Settings from the environment with `overrides` on top; raises BadSettings (exit) on a bad one."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as fault:
        raise BadSettings(fault) from None
