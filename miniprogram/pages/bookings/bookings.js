import { listOf } from '../../shared/api.js'
import { queueHint } from '../../shared/booking.js'
import { serverNow } from '../../shared/clock.js'
import { bookingWords, slotText } from '../../shared/words.js'
import { api } from '../../services/api.js'
import { onWake } from '../../services/network.js'
import { prepareNotices, askNotices } from '../../services/notices.js'
import { reconnect } from '../../services/open.js'
import { definePage, LOADING } from '../../services/page.js'
import { attempt, confirm, go } from '../../services/ui.js'

const TICK_MS = 20_000
/** @type {Record<string, string>} */
const TONES = { held: 'warn', booked: 'brand', queued: 'ok', missed: 'bad' }

/** @param {any} booking */
function card(booking) {
  const can = (/** @type {string} */ action) => booking.actions.includes(action)
  const now = serverNow()
  return {
    id: booking.id,
    itemId: booking.item.id,
    name: booking.item.name,
    state: booking.state,
    word: bookingWords[booking.state] ?? booking.state,
    tone: TONES[booking.state] ?? 'plain',
    when: slotText(booking.slot, now),
    waiting: booking.state === 'booked',
    queue: Boolean(booking.queue?.enabled),
    hint: booking.state === 'booked' ? queueHint(booking.queue, now) : '',
    reason: booking.reason ?? '',
    cancel: can('cancel'),
    change: can('reschedule'),
    reconnect: can('reconnect') && Boolean(booking.session_id),
    sessionId: booking.session_id ?? '',
    hold: booking.state === 'held',
  }
}

// 查看我的预约记录: states, 取消, 改约, 我要排队 in the slot only, 重新连接. Guide rows S37–S39, S45.
definePage({
  data: { bookings: LOADING },
  onLoad() {
    /** @type {any[]} */
    this.rows = []
    this.load = this.loader('bookings', async () => {
      this.rows = listOf(await api.bookings())
      return this.cards()
    })
    prepareNotices('queue')
    this.cleanup(onWake(() => this.shown && this.load(true)))
  },
  onShow() {
    this.shown = true
    this.load(this.data.bookings.state === 'ready')
    this.timer = setInterval(() => this.repaint(), TICK_MS)
  },
  onHide() {
    this.shown = false
    clearInterval(this.timer)
  },
  onUnload() {
    clearInterval(this.timer)
  },
  cards() {
    return this.rows.map(card)
  },
  /** The times go on; when a slot opens, the server is asked. */
  repaint() {
    if (this.data.bookings.state !== 'ready') return
    const now = serverNow()
    const opened = this.rows.some(
      (/** @type {any} */ one) => one.state === 'booked' && !one.queue?.enabled && one.queue?.opens_at && new Date(one.queue.opens_at).getTime() <= now,
    )
    if (opened) this.load(true)
    else this.setData({ 'bookings.data': this.cards() })
  },
  async onPullDownRefresh() {
    await this.load(true)
    wx.stopPullDownRefresh()
  },
  reload() {
    this.load()
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  rowOf(event) {
    return this.data.bookings.data[event.currentTarget.dataset.index]
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  async cancel(event) {
    const row = this.rowOf(event)
    const sure = await confirm({ title: '取消这次预约？', text: `${row.when}，取消后名额会立即释放。`, yes: '取消预约', no: '再想想', danger: true })
    if (!sure) return
    await attempt(() => api.cancelBooking(row.id), '预约已取消')
    this.load(true)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  change(event) {
    const row = this.rowOf(event)
    go(`/packages/book/slots/slots?id=${row.itemId}&change=${row.id}`)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  resume(event) {
    go(`/packages/book/slots/slots?id=${this.rowOf(event).itemId}`)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  queue(event) {
    const row = this.rowOf(event)
    if (!row.queue) return
    askNotices('queue')
    go(`/packages/session/gate/gate?id=${row.id}`)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  async reconnect(event) {
    if ((await reconnect(this.rowOf(event).sessionId)) === undefined) this.load(true)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  record(event) {
    go(`/packages/session/room/room?id=${this.rowOf(event).sessionId}`)
  },
  book() {
    go('/packages/book/items/items')
  },
})
