// Chinese words for states, times and amounts. Every time is told in Asia/Shanghai (UTC+8, no summer time),
// whatever zone the device is set to.

const HOUR = 3_600_000
const MINUTE = 60_000
const DAY = 24 * HOUR
const SHANGHAI_OFFSET = 8 * HOUR

/** @param {number} n */
const two = (n) => String(n).padStart(2, '0')

/** @param {string|number|Date} time */
const millis = (time) => (typeof time === 'number' ? time : new Date(time).getTime())

/** @param {string|number|Date} time */
function shanghai(time) {
  const shifted = new Date(millis(time) + SHANGHAI_OFFSET)
  return {
    day: Math.floor(shifted.getTime() / DAY),
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    date: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
  }
}

const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']
/** @type {Record<number, string>} */
const NEAR_DAYS = { [-1]: '昨天', 0: '今天', 1: '明天', 2: '后天' }

/** 14:00 @param {string|number|Date} time */
export function clockText(time) {
  const { hour, minute } = shanghai(time)
  return `${two(hour)}:${two(minute)}`
}

/** 2026-11-25, the day in Shanghai @param {string|number|Date} time */
export function isoDay(time) {
  const { year, month, date } = shanghai(time)
  return `${year}-${two(month)}-${two(date)}`
}

/** 今天, 明天, 11月27日 周五; with the year when it is another one. @param {string|number|Date} time @param {string|number|Date} now */
export function dayText(time, now) {
  const [then, today] = [shanghai(time), shanghai(now)]
  const near = NEAR_DAYS[then.day - today.day]
  if (near) return near
  const year = then.year === today.year ? '' : `${then.year}年`
  return `${year}${then.month}月${then.date}日 ${WEEKDAYS[then.weekday]}`
}

/** 今天 14:00 @param {string|number|Date} time @param {string|number|Date} now */
export function momentText(time, now) {
  return `${dayText(time, now)} ${clockText(time)}`
}

/** 14:00–14:30 @param {string} start @param {string} end */
export function rangeText(start, end) {
  return `${clockText(start)}–${clockText(end)}`
}

/** 25 分钟, 3 小时 5 分钟, 2 天 @param {number} ms */
export function durationText(ms) {
  const minutes = Math.max(0, Math.ceil(ms / MINUTE))
  if (minutes < 60) return `${minutes} 分钟`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} 小时` + (minutes % 60 ? ` ${minutes % 60} 分钟` : '')
  return `${Math.floor(minutes / (24 * 60))} 天`
}

/**
 * 今天 14:00–14:30（还有 25 分钟）; in the slot （进行中，还剩 10 分钟）; afterwards （已结束）.
 * @param {{start_at: string, end_at: string}} slot @param {string|number|Date} now
 */
export function slotText(slot, now) {
  const when = `${dayText(slot.start_at, now)} ${rangeText(slot.start_at, slot.end_at)}`
  const toStart = millis(slot.start_at) - millis(now)
  const toEnd = millis(slot.end_at) - millis(now)
  if (toEnd <= 0) return `${when}（已结束）`
  if (toStart <= 0) return `${when}（进行中，还剩 ${durationText(toEnd)}）`
  if (toStart < 12 * HOUR) return `${when}（还有 ${durationText(toStart)}）`
  return when
}

/** 1:59 @param {number} ms */
export function countdownText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
}

/** 通话 03:12 @param {number} ms */
export function callTimeText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  return (hours ? `${hours}:` : '') + `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** 1.2 MB @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** 约 5–12 分钟 @param {[number, number]|number[]|null|undefined} range */
export function waitText(range) {
  if (!range) return '正在估算'
  const [low, high] = range
  if (high <= 1) return '马上就到您'
  if (low >= 60) {
    const [from, to] = [Math.floor(low / 60), Math.ceil(high / 60)]
    return from === to ? `约 ${to} 小时` : `约 ${from}–${to} 小时`
  }
  return low === high ? `约 ${high} 分钟` : `约 ${low}–${high} 分钟`
}

/** "还差 2 人" for a slot chip. @param {{state: string, left: number}} slot */
export function slotLeftText(slot) {
  if (slot.state === 'mine') return '已预约'
  if (slot.state === 'past') return '已过时'
  if (slot.state === 'closed') return '未开放'
  if (slot.state === 'full' || slot.left <= 0) return '约满'
  return `剩余 ${slot.left}`
}

/** @type {Record<string, string>} */
export const bookingWords = { held: '待确认', booked: '已预约', queued: '办理中', served: '已办理', cancelled: '已取消', missed: '已过号' }
/** @type {Record<string, string>} */
export const sessionWords = { waiting: '等待客服接入', ringing: '客服正在呼叫您', active: '会话中', suspended: '会话已挂起', completed: '已办结', abandoned: '已结束' }
/** @type {Record<string, string>} */
export const materialWords = { requested: '待上传', uploaded: '已上传', verified: '已核验', rejected: '已退回' }
/** @type {Record<string, string>} */
export const commitmentWords = { pushed: '待阅读', read: '待签名', signed: '已签名', withdrawn: '已撤回' }
/** @type {Record<string, string>} */
export const ticketWords = { new: '等待扫码', scanned: '已扫码', writing: '书写中', signed: '已签名', expired: '二维码已过期', replaced: '二维码已更换' }
/** @type {Record<string, string>} */
export const pickupWords = { requested: '待填写', submitted: '已提交', ordered: '已下单', collected: '已取件', cancelled: '已取消' }
/** @type {Record<string, string>} */
export const outcomeWords = { accepted: '审核通过', needs_material: '需补充材料', rejected: '不予受理', advice: '咨询解答' }
export const ratingWords = ['非常满意', '满意', '基本满意', '不满意', '非常不满意']

/** 非常满意 is level 5. @param {number} level */
export function ratingText(level) {
  return ratingWords[5 - level] ?? ''
}

/** @param {string|null|undefined} reason */
export function suspendReason(reason) {
  /** @type {Record<string, string>} */
  const known = { connection_lost: '网络中断', missing_material: '材料准备不全', missing_materials: '材料准备不全' }
  return known[reason ?? ''] ?? reason ?? ''
}

/**
 * @typedef {import('./types.js').TimelineEvent} TimelineEvent
 * @typedef {(payload: Record<string, any>, who: string) => string|null} Line
 */

/** @param {any} names */
const listed = (names) => (Array.isArray(names) && names.length ? `：${names.join('、')}` : '')

/** One quiet line in the chat per event; a kind that is missing here has a card or bubble of its own. @type {Record<string, Line>} */
const LINES = {
  'session.queued': () => '已进入排队，请留意客服接入',
  'session.ringing': (_, who) => `${who}正在呼叫申请人`,
  'session.accepted': (_, who) => `${who}已接入，会话开始`,
  'session.answered': () => '会话已接通',
  'session.active': () => '会话已接通',
  'session.no_answer': () => '呼叫未接听，已回到队列',
  'session.suspended': (p) => `会话已挂起${p.reason ? `：${suspendReason(p.reason)}` : ''}${listed(p.missing).replace('：', '，还需准备：')}`,
  'session.reconnected': () => '已重新连接，正在优先排队',
  'session.abandoned': () => '会话已结束',
  'session.completed': (p) => `本次办理结束${p.outcome ? `：${outcomeWords[p.outcome] ?? p.outcome}` : ''}`,
  'session.transferred': (p) => `已转接${p.to_name ? `给${p.to_name}` : ''}`,
  'consent.given': () => '已确认用户授权和办理须知',
  'call.started': () => '音视频通话已开始',
  'call.ended': () => '音视频通话已结束',
  'screen.granted': () => '申请人已同意共享屏幕',
  'screen.refused': () => '申请人暂不共享屏幕',
  'screen.started': (p) => (p.surface === 'monitor' ? '正在共享整个屏幕' : '屏幕共享已开始'),
  'screen.stopped': () => '屏幕共享已停止',
  'control.granted': () => '申请人已同意远程协助',
  'control.refused': () => '申请人暂不接受远程协助',
  'control.stopped': () => '远程协助已停止',
  'phone.joined': () => '手机已接入本次会话',
  'material.uploaded': (p) => `已上传材料${p.name ? `：${p.name}` : ''}`,
  'material.verified': (p) => `材料已核验${p.name ? `：${p.name}` : ''}`,
  'material.rejected': (p) => `材料已退回${p.name ? `：${p.name}` : ''}${p.reason ? `（${p.reason}）` : ''}`,
  'material.reopened': (p) => `材料需要重新上传${p.name ? `：${p.name}` : ''}`,
  'material.withdrawn': (p) => `已撤回材料要求${p.name ? `：${p.name}` : ''}`,
  'material.copied': (p) => `水印件已生成，可下载${p.name ? `：${p.name}` : ''}`,
  'commitment.read': () => '承诺书已阅读',
  'commitment.withdrawn': () => '承诺书已撤回',
  'commitment.rejected': (p) => `签名需要重写${p.reason ? `：${p.reason}` : ''}`,
  'sign.scanned': () => '手机已扫码，请在手机上签名',
  'sign.signed': () => '承诺书已签名',
  'pickup.submitted': () => '预约取件信息已提交',
  'pickup.ordered': (p) => `快递已下单${p.waybill ? `，运单号 ${p.waybill}` : ''}`,
  'pickup.collected': () => '快递已取件',
  'rating.given': () => '感谢您的评价',
}

/** What stands in the chat for a message that the content check took out. @param {string} type of the card @param {boolean} mine */
export const withheldLine = (type, mine) => `${type === 'text' ? '消息' : '图片'}未通过内容检查${mine ? '，对方看不到' : ''}`

/** @param {TimelineEvent} event @returns {string|null} null when the event has no line of its own */
export function eventLine(event) {
  const who = event.actor?.kind === 'agent' ? (event.actor.name ?? '客服') : '客服'
  return LINES[event.kind]?.(event.payload ?? {}, who) ?? null
}
