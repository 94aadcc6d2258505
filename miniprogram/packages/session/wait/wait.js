import { serverNow } from '../../../shared/clock.js'
import { clockText, materialWords, momentText, suspendReason, waitText } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { askNotices, prepareNotices } from '../../../services/notices.js'
import { definePage } from '../../../services/page.js'
import { bindSession } from '../../../services/session.js'
import { attempt, confirm, errorText, go, tell, toast } from '../../../services/ui.js'
import { ringOf } from '../room/view.js'

const HERE = ['waiting', 'ringing', 'suspended']
const NEAR = 3 // people ahead: then the server tells who asked for it

/** @param {any} view */
const queueShown = (view) => ({
  ahead: view.queue?.ahead ?? 0,
  agents: view.queue?.agents_online ?? 0,
  wait: view.queue?.agents_online ? waitText(view.queue.wait_minutes) : '待客服上线',
  at: view.queue?.updated_at ? clockText(view.queue.updated_at) : '',
})

/** @param {any} view */
const suspendedShown = (view) =>
  view.suspended && {
    reason: suspendReason(view.suspended.reason) || '稍后继续办理',
    missing: (view.suspended.missing ?? []).join('、'),
    until: view.suspended.expires_at ? momentText(view.suspended.expires_at, serverNow()) : '',
  }

/** 快到号时通知我, for who came in from far back: whether it is asked for already, and what the row says. @param {any} view */
function callShown(view) {
  const may = view.actions.includes('call-me')
  if (view.state !== 'waiting' || !(may || view.call_me)) return null
  if (may) return { may, note: '可先离开，位置保留；剩 3 人时通知您' }
  return { may, note: (view.queue?.ahead ?? 0) > NEAR ? '位置已保留，剩 3 人时通知您' : '快轮到您了，请留在本页准备接听' }
}

/** @param {any} view */
function shown(view) {
  const materials = view.materials ?? []
  return {
    state: view.state,
    name: view.item.name,
    number: view.number,
    queue: queueShown(view),
    suspended: suspendedShown(view) ?? null,
    peer: view.peer?.name ?? '客服',
    ring: ringOf(view),
    steps: (view.progress ?? []).map((/** @type {any} */ { key, title, done }) => ({ key, title, done })),
    materials: materials.map((/** @type {any} */ one) => ({ id: one.id, name: one.name, word: materialWords[one.state] ?? '' })),
    called: callShown(view),
    may: { leave: view.actions.includes('leave'), reconnect: view.actions.includes('reconnect') },
  }
}

// 等候: my place, the estimate, who serves, the device check, "call me"; leaving is safe and says so. Guide rows S15, S17, S40, S44, S45.
definePage({
  data: {
    id: '',
    view: /** @type {ReturnType<typeof shown>|null} */ (null),
    error: /** @type {any} */ (null),
    connection: '',
    notify: '',
    busy: false,
  },
  /** @param {Record<string, string>} query */
  onLoad({ id = '' }) {
    this.setData({ id })
    this.session = bindSession(this, id, ({ view, error, connection }) => {
      if (view) this.follow(view)
      const { status = 0, code = '' } = error ?? {}
      return { view: view && shown(view), error: error && { message: errorText(error), status, code }, connection }
    })
    this.whenShown(() => (this.covered = false))
    prepareNotices('queue')
    wx.setKeepScreenOn?.({ keepScreenOn: true })
  },
  onHide() {
    this.covered = true
  },
  onUnload() {
    wx.setKeepScreenOn?.({ keepScreenOn: false })
  },
  /** The state decides the page; a ring brings this page back over what was opened from it. @param {import('../../../shared/types.js').View} view */
  follow(view) {
    if (view.state === 'ringing' && this.covered) this.comeBack()
    if (HERE.includes(view.state) || this.leaving || this.covered) return
    this.leaving = true
    wx.redirectTo({ url: `/packages/session/room/room?id=${this.data.id}` })
  },
  comeBack() {
    const pages = getCurrentPages()
    const above = pages.length - 1 - pages.map((page) => page.route).lastIndexOf('packages/session/wait/wait')
    if (above > 0 && above < pages.length) wx.navigateBack({ delta: above })
  },
  retry() {
    this.setData({ error: null })
    this.session.refresh().catch(() => {})
  },
  takeBack() {
    this.session.socket.start()
  },
  /** One press at a time. @param {() => Promise<any>} command */
  async run(command) {
    if (this.data.busy) return undefined
    this.setData({ busy: true })
    const done = await attempt(() => this.session.act(command))
    this.setData({ busy: false })
    return done
  },
  async answer() {
    await this.run(() => api.answer(this.data.id, 'applicant-phone'))
  },
  async decline() {
    const yes = await confirm({ title: '暂不接听？', text: '您会回到队列，稍后由客服再次呼叫。', yes: '暂不接听', no: '返回' })
    if (yes) await this.run(() => api.decline(this.data.id))
  },
  async leave() {
    const text = '重新排队要从队尾开始。只想离开一会儿，直接关闭小程序即可，两分钟内回来位置不变。'
    const yes = await confirm({ title: '放弃排队？', text, yes: '放弃排队', no: '继续等候', danger: true })
    if (!yes) return
    this.leaving = true
    if (await this.run(() => api.leave(this.data.id))) wx.switchTab({ url: '/pages/bookings/bookings' })
    else this.leaving = false
  },
  async reconnect() {
    if (await this.run(() => api.reconnect(this.data.id))) toast('正在优先排队')
  },
  /** The place is kept whatever WeChat may tell: a text message goes out too. */
  async callMe() {
    const answer = await askNotices('queue')
    if (this.data.view?.called?.may && !(await this.run(() => api.callMe(this.data.id)))) return
    if (answer === 'off') {
      await tell('位置已保留，通知未开启', '请在“设置”→“订阅消息”中打开，再点一次“快到号时通知我”；或把本页留在屏幕上，轮到您时手机会振动。')
      wx.openSetting({ withSubscriptions: true })
    }
    this.setData({ notify: answer === 'accepted' ? '位置已保留，剩 3 人时微信通知您' : '位置已保留。微信通知未开启，可再点一次' })
  },
  device() {
    go(`/packages/session/device/device?id=${this.data.id}`)
  },
  materials() {
    go(`/packages/papers/materials/materials?id=${this.data.id}`)
  },
  chat() {
    go(`/packages/session/room/room?id=${this.data.id}`)
  },
})
