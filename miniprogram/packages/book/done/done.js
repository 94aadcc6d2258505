import { serverNow } from '../../../shared/clock.js'
import { queueHint } from '../../../shared/booking.js'
import { slotText } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { askNotices, prepareNotices } from '../../../services/notices.js'
import { permitted } from '../../../services/permission.js'
import { definePage, LOADING } from '../../../services/page.js'
import { go, tell, toast } from '../../../services/ui.js'

const REMINDED_BEFORE_S = 15 * 60

// 预约成功: when, what to prepare, the reminder and the calendar. Guide rows S13, S37.
definePage({
  data: { id: '', changed: false, booking: LOADING, ticked: /** @type {Record<string, boolean>} */ ({}), reminded: '', unreminded: '' },
  /** @param {Record<string, string>} query */
  onLoad({ id = '', changed = '' }) {
    this.setData({ id, changed: changed === '1' })
    this.load = this.loader('booking', async () => {
      const found = await api.booking(id)
      const item = await api.item(found.item.id).catch(() => ({ materials: [] })) // the list is a help only
      return {
        name: found.item.name,
        slot: slotText(found.slot, serverNow()),
        start: found.slot.start_at,
        end: found.slot.end_at,
        queue: Boolean(found.queue?.enabled),
        hint: queueHint(found.queue, serverNow()),
        warnings: found.warnings ?? [],
        materials: item.materials.map((/** @type {any} */ one) => ({ id: one.id, name: one.name, note: one.note, original: one.original_required })),
      }
    })
    this.load()
    prepareNotices('booked')
  },
  reload() {
    this.load()
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  tick(event) {
    const { id } = event.currentTarget.dataset
    this.setData({ [`ticked.${id}`]: !this.data.ticked[id] })
  },
  async remind() {
    const answer = await askNotices('booked')
    if (answer === 'accepted') this.setData({ reminded: '已开启提醒，预约时段前会在微信通知您' })
    else if (answer === 'off') {
      await tell('通知已关闭', '请在小程序右上角“…”→“设置”→“订阅消息”中打开；也可以把时段加入手机日历。')
      wx.openSetting({ withSubscriptions: true })
    } else this.setData({ unreminded: answer === 'refused' ? '未开启，可再点一次，或加入手机日历' : '暂时不能开启，可加入手机日历' })
  },
  async addToCalendar() {
    if (!wx.canIUse('addPhoneCalendar')) return tell('微信版本较低', '请在手机日历中自行添加这个时段。')
    const { name, start, end } = this.data.booking.data
    const entry = {
      title: `视频办：${name}`,
      startTime: Math.floor(new Date(start).getTime() / 1000),
      endTime: String(Math.floor(new Date(end).getTime() / 1000)),
      description: '到点后打开“i福田”小程序，在“预约记录”点击“我要排队”。',
      alarm: true,
      alarmOffset: REMINDED_BEFORE_S,
    }
    const added = await permitted(() => new Promise((success, fail) => wx.addPhoneCalendar({ ...entry, success: () => success(true), fail })), {
      scope: 'scope.addPhoneCalendar',
      what: '加入手机日历',
      instead: '也可以自行记下时段。',
    })
    if (added) toast('已加入日历')
  },
  queue() {
    go(`/packages/session/gate/gate?id=${this.data.id}`)
  },
  records() {
    go('/pages/bookings/bookings')
  },
})
