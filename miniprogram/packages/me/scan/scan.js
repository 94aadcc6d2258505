import { api } from '../../../services/api.js'
import { baseUrl } from '../../../services/config.js'
import { pageOfLink } from '../../../services/links.js'
import { mend } from '../../../services/permission.js'
import { definePage, LOADING } from '../../../services/page.js'
import { attempt, back, tell } from '../../../services/ui.js'
import { clockText } from '../../../shared/words.js'

const HERE = '/packages/me/scan/scan'

/** @param {any} asked */
const shown = (asked) => ({
  purpose: asked.purpose,
  where: [asked.browser, asked.system].filter(Boolean).join(' · '),
  ip: asked.ip ?? '',
  sameNetwork: asked.same_network !== false,
  at: asked.asked_at ? clockText(asked.asked_at) : '',
})

// PC sign-in by scanning: which browser asks, from where and for what; yes or no. One answer, two minutes.
definePage({
  data: { token: '', asked: LOADING, done: '', busy: false },
  /** @param {Record<string, string>} query */
  onLoad({ token = '' }) {
    this.load = this.loader('asked', async () => shown(await api.get(`/auth/scan/by-token/${this.data.token}`)))
    if (token) this.look(token)
    else this.scan()
  },
  /** @param {string} token */
  look(token) {
    this.setData({ token, done: '' })
    this.load()
  },
  scan() {
    wx.scanCode({
      scanType: ['qrCode'],
      success: ({ result }) => this.found(result),
      fail: async (error) => {
        const again = await mend(error, { scope: 'scope.camera', what: '扫码', instead: '也可以用微信“扫一扫”扫描电脑上的二维码。' })
        if (again) this.scan()
      },
    })
  },
  /** A code of ours that means something else leads to its page. @param {string} link */
  async found(link) {
    const page = pageOfLink(link, baseUrl())
    if (page?.startsWith(HERE)) this.look(page.split('token=')[1])
    else if (page) wx.redirectTo({ url: page, fail: () => wx.switchTab({ url: page }) })
    else await tell('不是视频办的二维码', '请扫描电脑版登录页上的二维码。')
  },
  reload() {
    this.load()
  },
  /** @param {'confirm'|'refuse'} verb @param {string} done */
  async answer(verb, done) {
    if (this.data.busy) return
    this.setData({ busy: true })
    const told = await attempt(() => api.post(`/auth/scan/by-token/${this.data.token}/${verb}`).then(() => true))
    this.setData({ busy: false })
    if (told) this.setData({ done })
    else this.load() // says why it is over
  },
  confirm() {
    this.answer('confirm', '电脑已登录')
  },
  refuse() {
    this.answer('refuse', '已拒绝登录')
  },
  leave() {
    back()
  },
})
