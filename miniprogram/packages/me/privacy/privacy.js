import { listOf } from '../../../shared/api.js'
import { momentText } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { leave, restore, signedOut, signIn, update } from '../../../services/auth.js'
import { privacyState } from '../../../services/privacy.js'
import { definePage, LOADING } from '../../../services/page.js'
import { attempt, confirm, tell, toast } from '../../../services/ui.js'

/** @type {Record<string, string>} */
const ENTRIES = { mp: '小程序', oa: '公众号', h5: '手机网页', pc: '电脑网页', phone: '手机签名', ishenzhen: 'i深圳' }
/** @type {Record<string, string>} */
const STATES = { given: '已同意', needed: '尚未同意', withdrawn: '已撤回' }

const LOGINS_SHOWN = 5

/** @param {any} receipt */
const receiptRow = (receipt) => ({
  id: receipt.id,
  text: `第 ${receipt.version} 版 · ${ENTRIES[receipt.entry] ?? '网页'}`,
  at: momentText(receipt.given_at, Date.now()) + ' 同意',
  back: receipt.withdrawn_at ? momentText(receipt.withdrawn_at, Date.now()) + ' 撤回' : '',
})

/** @param {any} login */
const loginRow = (login) => ({
  id: login.id,
  text: [ENTRIES[login.entry] ?? '网页', login.system].filter(Boolean).join(' · '),
  seen: login.current ? '本机' : `${momentText(login.last_seen_at, Date.now())} 使用过`,
})

// 隐私与授权: the policy, my receipts, taking the consent back, where I am signed in. Contract 4.3; PIPL 15, 16.
definePage({
  data: { policy: LOADING, mine: LOADING, wechat: { needed: false, name: '' }, reading: false, busy: false },
  onLoad() {
    this.loadPolicy = this.loader('policy', () => api.get('/privacy'))
    this.loadMine = this.loader('mine', () => this.fetchMine())
    this.loadPolicy()
    this.loadMine()
    privacyState().then((wechat) => this.setData({ wechat }))
  },
  async fetchMine() {
    if (!(await restore().catch(this.withdrawn))) return { state: signedOut() ? 'out' : 'withdrawn', word: STATES.withdrawn, receipts: [], logins: [], more: 0 }
    const [{ state, receipts }, logins] = await Promise.all([api.get('/me/privacy'), api.get('/me/logins')])
    return { state, word: STATES[state], receipts: receipts.map(receiptRow), logins: listOf(logins).slice(0, LOGINS_SHOWN).map(loginRow), more: Math.max(0, listOf(logins).length - LOGINS_SHOWN) }
  },
  /** A login refused for want of consent is a state of this page, not a fault. @param {any} error @returns {null} */
  withdrawn(error) {
    if (error.code === 'privacy_withdrawn') return null
    throw error
  },
  reloadPolicy() {
    this.loadPolicy()
  },
  reloadMine() {
    this.loadMine()
  },
  read() {
    this.setData({ reading: true })
  },
  close() {
    this.setData({ reading: false })
  },
  contract() {
    if (wx.canIUse('openPrivacyContract')) wx.openPrivacyContract({ fail: () => this.read() })
    else this.read()
  },
  /** One command at a time. @param {() => Promise<any>} command */
  async run(command) {
    if (this.data.busy) return undefined
    this.setData({ busy: true })
    const done = await attempt(command)
    this.setData({ busy: false })
    this.loadMine(true)
    return done
  },
  async agree() {
    const { version } = this.data.policy.data ?? {}
    if (!version) return
    const { state } = this.data.mine.data
    const done = await this.run(() =>
      state === 'needed' ? api.post('/me/privacy', { version }).then(() => api.me().then(update)) : signIn(version),
    )
    if (done) toast('已同意', 'ok')
  },
  async withdraw() {
    const text = '撤回后所有设备退出登录，不能新增预约；已经办结和正在办理的记录依法保存。重新同意后可继续使用。'
    if (!(await confirm({ title: '撤回隐私授权？', text, yes: '撤回同意', no: '再想想', danger: true }))) return
    const done = await this.run(() => api.command('DELETE', '/me/privacy').then(() => true))
    if (!done) return
    leave()
    await tell('已撤回', '您已退出登录。需要继续办理时，重新同意即可。')
    this.loadMine()
  },
  async everywhere() {
    if (!(await confirm({ title: '退出全部设备？', text: '包括这部手机，预约和办理进度都会保留。', yes: '全部退出', danger: true }))) return
    const done = await this.run(() => api.post('/me/logout-everywhere').then(() => true))
    if (!done) return
    leave()
    wx.switchTab({ url: '/pages/me/me' })
  },
})
