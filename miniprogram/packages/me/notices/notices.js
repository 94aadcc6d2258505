import { listOf } from '../../../shared/api.js'
import { api } from '../../../services/api.js'
import { noticeRow, openNotice } from '../../../services/inbox.js'
import { onWake } from '../../../services/network.js'
import { definePage, LOADING } from '../../../services/page.js'
import { attempt, go } from '../../../services/ui.js'

// 我的通知: everything I was told, newest first; what is new has a dot. Opening the list reads it. Row M14.
definePage({
  data: { notices: LOADING, next: '', busy: false },
  onLoad() {
    this.load = this.loader('notices', async () => {
      const page = await api.notices()
      this.setData({ next: page.next ?? '' })
      if (page.unread) api.readNotices().catch(() => {}) // they stay marked as new
      return listOf(page).map(noticeRow)
    })
    this.load()
    this.cleanup(onWake(() => this.data.notices.state === 'ready' && this.load(true)))
  },
  async onPullDownRefresh() {
    await this.load(true)
    wx.stopPullDownRefresh()
  },
  reload() {
    this.load()
  },
  onReachBottom() {
    return this.more()
  },
  async more() {
    const { next, busy } = this.data
    if (!next || busy) return
    this.setData({ busy: true })
    const page = await attempt(() => api.notices(next))
    const at = this.data.notices.data?.length ?? 0
    const older = page && next === this.data.next ? listOf(page).map((one, i) => [`notices.data[${at + i}]`, noticeRow(one)]) : null
    this.setData({ ...(older ? { ...Object.fromEntries(older), next: page.next ?? '' } : {}), busy: false })
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  open(event) {
    const { index } = event.currentTarget.dataset
    this.setData({ [`notices.data[${index}].read`]: true })
    openNotice(this.data.notices.data[index])
  },
  book() {
    go('/packages/book/items/items')
  },
})
