import { listOf } from '../../shared/api.js'
import { momentText, sessionWords } from '../../shared/words.js'
import { api } from '../../services/api.js'
import { follow } from '../../services/arrivals.js'
import { signedOut } from '../../services/auth.js'
import { badgeText, noticeRow, openNotice } from '../../services/inbox.js'
import { reconnect } from '../../services/open.js'
import { definePage, LOADING } from '../../services/page.js'
import { elder, setElder } from '../../services/theme.js'
import { go } from '../../services/ui.js'

const FOUR = [
  { ask: '没时间跑？', reply: '连线办理' },
  { ask: '您有疑惑，', reply: '我来解答' },
  { ask: '您不会办，', reply: '我来指导' },
  { ask: '您有困难，', reply: '我来协助' },
]
const STEPS = ['预约时段', '进入排队', '视频办理', '签承诺书', '核验材料', '邮寄评价']
const NOTICES_SHOWN = 3

/** @param {any} session */
const openRow = (session) => ({
  id: session.id,
  state: session.state,
  name: session.item.name,
  text:
    (sessionWords[session.state] ?? '') +
    (session.suspended?.expires_at ? `，${momentText(session.suspended.expires_at, Date.now())} 前有效` : ''),
})

// 首页: what it is, my open business, the figures, my notices; 视频办预约 under the thumb. Guide rows S35, S46.
definePage({
  data: { figures: LOADING, open: LOADING, notices: LOADING, four: FOUR, steps: STEPS },
  onLoad() {
    this.loadFigures = this.loader('figures', () => api.figures())
    this.loadOpen = this.loader('open', async () => (signedOut() ? [] : listOf(await api.openSessions()).map(openRow)))
    this.loadNotices = this.loader('notices', async () => {
      const page = signedOut() ? { items: [], unread: 0 } : await api.notices()
      return { rows: listOf(page).slice(0, NOTICES_SHOWN).map(noticeRow), unread: badgeText(page.unread) }
    })
    this.loadFigures()
  },
  onShow() {
    follow()
    this.loadOpen(this.data.open.state === 'ready')
    this.loadNotices(this.data.notices.state === 'ready')
  },
  async onPullDownRefresh() {
    await Promise.all([this.loadFigures(true), this.loadOpen(true), this.loadNotices(true)])
    wx.stopPullDownRefresh()
  },
  switchElder() {
    setElder(!elder())
  },
  reloadOpen() {
    this.loadOpen()
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  async reconnect(event) {
    const { id, state } = event.currentTarget.dataset
    if ((await reconnect(id, state)) === undefined) this.loadOpen(true)
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  openNotice(event) {
    api.readNotices().then(
      () => this.loadNotices(true),
      () => {}, // it stays marked as new
    )
    openNotice(this.data.notices.data.rows[event.currentTarget.dataset.index])
  },
  allNotices() {
    go('/packages/me/notices/notices')
  },
  book() {
    go('/packages/book/items/items')
  },
  records() {
    go('/pages/bookings/bookings')
  },
  onShareAppMessage() {
    return { title: '信用+视频办：足不出户，一站式办理', path: '/pages/home/home' }
  },
})
