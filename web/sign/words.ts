/** Every state of the signature page in words that say what to do next (P36, P37). */

export interface Notice {
  tone: 'ok' | 'warn' | 'bad'
  title: string
  text: string
  /** Whether trying again makes sense. */
  retry?: boolean
}

export const SIGNED: Notice = {
  tone: 'ok',
  title: '签名已提交',
  text: '请回到电脑页面继续办理，本页可以关闭。',
}

const NOTICES: Record<string, Notice> = {
  sign_code_expired: { tone: 'warn', title: '二维码已过期', text: '请在电脑上点击“刷新”，用微信重新扫码。' },
  sign_code_replaced: { tone: 'warn', title: '二维码已刷新', text: '这是旧的二维码，请用微信扫描电脑上最新的二维码。' },
  sign_other_device: {
    tone: 'bad',
    title: '已在另一台手机上打开',
    text: '为保证由本人签名，一个二维码只能在一台手机上使用。请在电脑上刷新二维码后，用本人手机扫码。',
  },
  already_signed: { tone: 'ok', title: '已签名', text: '这份承诺书已经完成签名，无需重复签名。请回到电脑页面继续办理。' },
  commitment_withdrawn: { tone: 'warn', title: '承诺书已撤回', text: '客服撤回了这份承诺书，请等待客服重新推送后再签名。' },
  commitment_stale: { tone: 'warn', title: '承诺书内容已更新', text: '请等待客服重新推送后再签名。' },
  session_over: { tone: 'warn', title: '会话已结束', text: '本次办理已经结束，不能再签名。' },
  not_read_yet: { tone: 'warn', title: '还不能签名', text: '请先在电脑上读完承诺书，倒计时结束后再签名。', retry: true },
  not_found: { tone: 'bad', title: '二维码无效', text: '没有找到这份承诺书，请用微信扫描电脑页面上的二维码。' },
}

const OFFLINE: Notice = { tone: 'warn', title: '网络不太顺畅', text: '请检查网络后重试。', retry: true }
const BUSY: Notice = { tone: 'warn', title: '服务正在恢复', text: '请稍等片刻后重试。', retry: true }

/** A refusal of the server as a whole-page notice; one we have no words for keeps the server's own. */
export function noticeOf(status: number, code: string, message: string): Notice {
  if (status === 0) return OFFLINE
  const known = NOTICES[code] ?? (status === 404 ? NOTICES.not_found : undefined)
  if (known) return known
  if (status >= 500 || status === 429) return { ...BUSY, text: status === 429 && message ? message : BUSY.text }
  return { tone: 'bad', title: '暂时不能签名', text: message || '请在电脑上刷新二维码后重新扫码。' }
}

/** These end the page; anything else leaves the strokes on the canvas and asks to try again. */
export function isFinal(code: string): boolean {
  return code in NOTICES && !NOTICES[code]!.retry
}

export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
