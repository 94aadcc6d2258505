import { listOf } from '../../../shared/api.js'
import { dayCell, firstFree, HOLD_MS, isFree, slotParts } from '../../../shared/booking.js'
import { serverNow } from '../../../shared/clock.js'
import { applySlots } from '../../../shared/reducer.js'
import { momentText, slotText } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { onWake } from '../../../services/network.js'
import { askNotices, prepareNotices } from '../../../services/notices.js'
import { definePage, LOADING } from '../../../services/page.js'
import { connect } from '../../../services/socket.js'
import { errorText } from '../../../services/ui.js'

const TOTALS_AFTER_MS = 3000
const SLOT_PLACES_MAX = 14

/** @param {any} booking */
const held = (booking) => ({
  id: booking.id,
  slotId: booking.slot.id,
  text: slotText(booking.slot, serverNow()),
  until: booking.seconds_left ? serverNow() + booking.seconds_left * 1000 : 0,
})

/** The cause and the way on: 该时段刚刚约满，最近可约：11月27日 09:30. @param {any} error */
function refusalText(error) {
  const near = error.details?.next ?? error.details?.nearest
  return errorText(error) + (near?.start_at ? `，最近可约：${momentText(near.start_at, serverNow())}` : '')
}

// A day, a slot with live places, a hold of two minutes, the confirmation. With `change` (a booking's id) the chosen slot
// replaces that booking's in one step. Guide rows S11–S13, S37.
definePage({
  data: {
    id: '',
    change: '',
    name: '',
    materials: /** @type {any[]} */ ([]),
    days: LOADING,
    date: '',
    slots: LOADING,
    /** @type {ReturnType<typeof held>|null} */
    hold: null,
    total: HOLD_MS,
    refusal: '',
    busy: false,
  },
  /** @param {Record<string, string>} query */
  onLoad({ id = '', change = '' }) {
    this.setData({ id, change })
    if (change) wx.setNavigationBarTitle({ title: '改约' })
    /** @type {import('../../../shared/types.js').Slot[]} */
    this.raw = []
    this.loadDays = this.loader('days', () => this.fetchDays())
    this.loadSlots = this.loader('slots', () => this.fetchSlots())
    this.loadDays()
    this.loadItem()
    this.restoreHold()
    prepareNotices('booked')
    this.goLive()
  },
  onUnload() {
    clearTimeout(this.totals)
  },

  // --- what there is
  async fetchDays() {
    const { days } = await api.days(this.data.id)
    const cells = days.slice(0, SLOT_PLACES_MAX).map((/** @type {any} */ day) => dayCell(day, serverNow()))
    if (!this.data.date) this.choose(firstFree(days))
    return cells
  },
  async fetchSlots() {
    this.raw = listOf(await api.slots(this.data.id, this.data.date))
    return this.parts()
  },
  parts() {
    return slotParts(this.raw, this.data.hold?.slotId)
  },
  paint() {
    if (this.data.slots.state === 'ready') this.setData({ 'slots.data': this.parts() })
  },
  /** The name and the list are beside the matter: a place can be taken without them. */
  async loadItem() {
    const item = await api.item(this.data.id).catch(() => null)
    if (item) {
      const materials = item.materials.map((/** @type {any} */ one) => ({ id: one.id, name: one.name, original: one.original_required }))
      this.setData({ name: item.name, materials })
    }
  },
  /** A hold survives a restart: the server still has it. */
  async restoreHold() {
    if (this.data.change) return
    const mine = listOf(await api.bookings().catch(() => []))
    const found = mine.find((one) => one.state === 'held' && one.item.id === this.data.id && one.seconds_left > 0)
    if (found) this.setData({ hold: held(found) }, () => this.paint())
  },

  // --- live places
  goLive() {
    const socket = connect({
      ticket: () => api.socketTicket({ channel: 'slots', item_id: this.data.id }),
      onMessage: (message) => {
        if (message.t === 'slots') this.place(message.slots)
        else if (['hello', 'replay', 'view'].includes(message.t) && this.data.slots.data) this.loadSlots(true)
      },
    })
    socket.start()
    this.cleanup(() => socket.close())
    this.cleanup(onWake(() => this.data.date && this.loadSlots(true)))
  },
  /** The days' totals follow a moment later, once for a whole burst. @param {any[]} news */
  place(news) {
    this.raw = applySlots(this.raw, news)
    this.paint()
    this.totals ??= setTimeout(() => {
      this.totals = undefined
      this.loadDays(true)
    }, TOTALS_AFTER_MS + Math.random() * 2000)
  },

  // --- choosing
  /** @param {string} date */
  choose(date) {
    if (!date) return this.setData({ slots: { state: 'ready', data: [], error: null } })
    this.raw = []
    this.setData({ date, slots: LOADING })
    this.loadSlots()
  },
  reloadDays() {
    this.loadDays()
  },
  reloadSlots() {
    this.loadSlots()
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  pickDay(event) {
    this.choose(event.currentTarget.dataset.date)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  async pick(event) {
    const slot = this.raw.find((/** @type {any} */ one) => one.id === event.currentTarget.dataset.id)
    if (!slot || !isFree(slot) || slot.id === this.data.hold?.slotId) return
    if (this.data.change) {
      this.setData({ hold: held({ id: this.data.change, slot }), refusal: '' }, () => this.paint())
      return
    }
    await this.run(async () => {
      await this.letGo()
      this.setData({ hold: held(await api.hold(slot.id, this.data.id)) }, () => this.paint())
    })
  },
  /** Gives the held place back; a place that is already free again is no fault. */
  async letGo() {
    const { hold, change } = this.data
    this.setData({ hold: null }, () => this.paint())
    if (hold && !change) await api.releaseHold(hold.id).catch(() => {})
  },
  release() {
    this.run(() => this.letGo())
  },
  ranOut() {
    if (!this.data.hold || this.data.busy) return
    this.setData({ hold: null, refusal: '保留时间已到，名额已释放，请重新选择时段' })
    this.loadSlots(true)
  },
  async confirm() {
    const { hold, change } = this.data
    if (!hold || this.data.busy) return
    askNotices('booked') // must open inside the tap
    const booking = await this.run(() => (change ? api.reschedule(change, hold.slotId) : api.confirmBooking(hold.id)))
    if (!booking) return
    this.setData({ hold: null })
    wx.redirectTo({ url: `/packages/book/done/done?id=${booking.id}${change ? '&changed=1' : ''}` })
  },
  /** One command at a time; a refusal is shown beside the slots. @param {() => Promise<any>} command */
  async run(command) {
    if (this.data.busy) return undefined
    this.setData({ busy: true, refusal: '' })
    try {
      return await command()
    } catch (error) {
      this.setData({ refusal: refusalText(error) })
      return undefined
    } finally {
      this.setData({ busy: false })
      this.loadSlots(true)
      this.loadDays(true)
    }
  },
})
