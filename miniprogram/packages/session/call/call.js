import { api } from '../../../services/api.js'
import { baseUrl } from '../../../services/config.js'
import { definePage } from '../../../services/page.js'
import { mend } from '../../../services/permission.js'
import { errorText, go } from '../../../services/ui.js'

const SCOPES = [
  { scope: 'scope.camera', name: '摄像头', what: '使用摄像头' },
  { scope: 'scope.record', name: '麦克风', what: '使用麦克风' },
]
/** Pages that need no login of ours: their address is their right. */
const OPEN_PATHS = /^\/(?:s|h|m\/h)\//

/**
 * The call itself is a web page (a mini-program has no WebRTC): first the permissions and how it will sound, then the
 * web-view with a one-time address. Leaving it is 小屏: the chat stands below. Guide rows S41–S43; contract 3.8.
 */
definePage({
  data: { id: '', path: '', url: '', state: 'looking', problem: '', rows: SCOPES.map((one) => ({ ...one, on: false })) },

  /** @param {{id?: string, path?: string}} query id: a session; path: any page of ours */
  async onLoad({ id = '', path = '' }) {
    this.setData({ id, path: decodeURIComponent(path) || `/m/session/${id}?call=1` })
    wx.setKeepScreenOn({ keepScreenOn: true, fail() {} })
    if (!id) return this.enter()
    await this.look()
    if (this.data.rows.every((/** @type {any} */ row) => row.on)) await this.enter()
    else this.setData({ state: 'asking' })
  },
  onUnload() {
    wx.setKeepScreenOn({ keepScreenOn: false, fail() {} })
  },
  look() {
    return new Promise((done) =>
      wx.getSetting({
        success: ({ authSetting }) => this.setData({ rows: SCOPES.map((one) => ({ ...one, on: /** @type {any} */ (authSetting)[one.scope] === true })) }),
        complete: () => done(undefined),
      }),
    )
  },
  /** Ask for what is missing; a refusal leads to the settings, or into the call without. */
  async allow() {
    for (const { scope, what } of this.data.rows.filter((/** @type {any} */ row) => !row.on)) {
      await new Promise((success, fail) => wx.authorize({ scope, success, fail })).catch((error) => mend(error, { scope, what, instead: '不开启也可以进入，只看只听。' }))
    }
    await this.look()
    await this.enter()
  },
  async enter() {
    this.setData({ state: 'opening', problem: '', url: '' })
    try {
      const url = OPEN_PATHS.test(this.data.path) ? baseUrl() + this.data.path : (await api.post('/auth/tickets', { next: this.data.path })).url
      this.setData({ url, state: 'open' })
    } catch (error) {
      this.setData({ state: 'failed', problem: errorText(error) })
    }
  },
  /** The web page did not load. */
  broken() {
    this.setData({ url: '', state: 'failed', problem: '通话页面没有打开，请检查网络后重试。' })
  },
  device() {
    return go(`/packages/session/device/device?id=${this.data.id}`)
  },
  back() {
    if (getCurrentPages().length > 1) return wx.navigateBack({ delta: 1 })
    return this.data.id ? wx.redirectTo({ url: `/packages/session/room/room?id=${this.data.id}` }) : wx.reLaunch({ url: '/pages/home/home' })
  },
})
