import { serverNow } from '../../../shared/clock.js'
import { queueHint } from '../../../shared/booking.js'
import { api } from '../../../services/api.js'
import { token, update, who } from '../../../services/auth.js'
import { definePage, LOADING } from '../../../services/page.js'
import { attempt, go } from '../../../services/ui.js'

/** @param {any} item */
const shown = (item) => ({
  id: item.id,
  name: item.name,
  department: item.department,
  region: item.region.name,
  category: item.category.name,
  mail: item.mail_allowed,
  notices: item.notices,
  materials: item.materials.map((/** @type {any} */ one) => ({
    id: one.id,
    name: one.name,
    note: one.note,
    original: one.original_required,
    formats: (one.formats ?? []).join('、').toUpperCase(),
  })),
  book: item.modes.book,
  queue: Boolean(item.modes.queue?.enabled),
  bookingId: item.modes.queue?.booking_id ?? '',
  hint: queueHint(item.modes.queue, serverNow()),
})

// 事项: what to prepare, what to know, and 选择服务 under the thumb. Guide rows S10, S36, S38.
definePage({
  data: { id: '', item: LOADING, asking: false, busy: false },
  /** @param {Record<string, string>} query */
  onLoad({ id = '' }) {
    this.setData({ id })
    this.load = this.loader('item', async () => shown(await api.item(id)))
  },
  onShow() {
    this.load(this.data.item.state === 'ready')
  },
  reload() {
    this.load()
  },
  book() {
    if (this.data.item.data.book) this.proceed(`/packages/book/slots/slots?id=${this.data.id}`)
  },
  queue() {
    const { queue, bookingId } = this.data.item.data
    if (queue) this.proceed(`/packages/session/gate/gate?id=${bookingId}`)
  },

  // --- before the first personal act: the privacy policy
  /** @param {string} url */
  async proceed(url) {
    await token().catch(() => {}) // the next page says why there is no login
    if (who()?.privacy !== 'needed') return go(url)
    this.next = url
    this.setData({ asking: true })
  },
  async agree() {
    if (this.data.busy) return
    this.setData({ busy: true })
    const given = await attempt(async () => {
      const { version } = await api.get('/privacy')
      await api.post('/me/privacy', { version })
      return update(await api.me())
    })
    this.setData({ busy: false })
    if (!given) return
    this.setData({ asking: false })
    go(this.next)
  },
  refuse() {
    this.setData({ asking: false })
  },
  policy() {
    go('/packages/me/privacy/privacy')
  },
  agreement() {
    go('/packages/me/agreement/agreement')
  },
  onShareAppMessage() {
    return { title: this.data.item.data?.name ?? '视频办事项', path: `/packages/book/item/item?id=${this.data.id}` }
  },
})
