import { api } from '../../services/api.js'
import { adopt, restore, signOut, update, watch } from '../../services/auth.js'
import { unreadBadge } from '../../services/inbox.js'
import { mend } from '../../services/permission.js'
import { definePage, LOADING } from '../../services/page.js'
import { elder, setElder } from '../../services/theme.js'
import { signInOrAgree } from '../../services/consent.js'
import { attempt, confirm, errorText, go, tell, toast } from '../../services/ui.js'

const LEVELS = ['未认证', '已填写姓名', '已实名', '已实人']
const NAME_NEEDED = 'name_needed'
const ID_NUMBER = /^\d{17}[\dX]$/

/** @param {import('../../services/auth.js').Person} person */
const shown = (person) => ({
  name: person.masked_name || person.name || '',
  face: (person.masked_name || person.name || '我').slice(0, 1),
  phone: person.masked_phone ?? '',
  idNumber: person.masked_id_number ?? '',
  level: person.real_name_level ?? 0,
  levelText: LEVELS[person.real_name_level ?? 0],
})

/** The name of the account that already has this number: asked once. @returns {Promise<string>} */
const askName = (/** @type {string} */ why) =>
  new Promise((resolve) => {
    wx.showModal({
      title: '请填写真实姓名',
      editable: true,
      placeholderText: why,
      confirmText: '合并账号',
      cancelText: '取消',
      success: ({ confirm: yes, content }) => resolve(yes ? (content ?? '').trim() : ''),
      fail: () => resolve(''),
    })
  })

// 我的: phone, real name, larger type, privacy, log out. Guide row S34.
definePage({
  data: { me: LOADING, unread: '', name: '', idNumber: '', fault: '', busy: false, naming: false, version: '' },
  onLoad() {
    this.load = this.loader('me', async () => {
      if (!(await restore())) return { out: true }
      unreadBadge().then((unread) => this.setData({ unread }))
      return shown(await api.me().then(update))
    })
    this.cleanup(watch((person) => person && this.setData({ me: { state: 'ready', data: shown(person), error: null } })))
    const { version, envVersion } = wx.getAccountInfoSync().miniProgram
    this.setData({ version: version || envVersion })
  },
  onShow() {
    this.load(this.data.me.state === 'ready')
  },
  reload() {
    this.load()
  },
  async signIn() {
    if (this.data.busy) return
    this.setData({ busy: true })
    const done = await attempt(signInOrAgree)
    this.setData({ busy: false })
    if (done) this.load(true)
  },

  // --- the phone number: WeChat's button gives a code, the server asks WeChat for the number
  /** @param {WechatMiniprogram.ButtonGetPhoneNumber} event */
  async bindPhone(event) {
    const { code, errMsg = '' } = event.detail
    if (!code) {
      if (/ok$/.test(errMsg)) await tell('微信版本较低', '请更新微信后再绑定手机号。')
      else await mend({ ...event.detail, errMsg }, { what: '绑定手机号', instead: '不绑定也可以继续办理；短信提醒将无法送达。' })
      return
    }
    this.setData({ busy: true })
    await this.sendPhone({ wechat_code: code })
    this.setData({ busy: false })
  },
  /** @param {Record<string, string>} body */
  async sendPhone(body) {
    try {
      adopt(await api.post('/me/phone', body))
      toast('手机号已绑定')
    } catch (error) {
      const { code, message, details } = /** @type {any} */ (error)
      const name = code === NAME_NEEDED ? await askName('该手机号原账号的姓名') : ''
      if (name) await this.sendPhone({ proof: details.proof, real_name: name })
      else await tell('没有绑定', message ? errorText(error) : '请稍后重试')
    }
  },

  // --- the real name
  openNaming() {
    this.setData({ naming: true, fault: '', name: '', idNumber: '' })
  },
  closeNaming() {
    this.setData({ naming: false })
  },
  /** @param {WechatMiniprogram.Input} event */
  typedName(event) {
    this.setData({ name: event.detail.value })
  },
  /** @param {WechatMiniprogram.Input} event */
  typedNumber(event) {
    this.setData({ idNumber: event.detail.value.toUpperCase() })
  },
  async save() {
    const name = this.data.name.trim()
    const number = this.data.idNumber.trim()
    const fault = !name ? '请填写与身份证一致的姓名' : number && !ID_NUMBER.test(number) ? '请填写 18 位身份证号' : ''
    this.setData({ fault })
    if (fault || this.data.busy) return
    this.setData({ busy: true })
    try {
      update(await api.updateMe({ real_name: name, ...(number ? { id_number: number } : {}) }))
      this.setData({ naming: false })
      toast('已保存', 'ok')
    } catch (error) {
      this.setData({ fault: errorText(error) })
    } finally {
      this.setData({ busy: false })
    }
  },

  // --- the rest
  switchElder() {
    setElder(!elder())
  },
  notices() {
    go('/packages/me/notices/notices')
  },
  privacy() {
    go('/packages/me/privacy/privacy')
  },
  agreement() {
    go('/packages/me/agreement/agreement')
  },
  settings() {
    wx.openSetting({ withSubscriptions: true })
  },
  scan() {
    go('/packages/me/scan/scan')
  },
  async logout() {
    const yes = await confirm({ title: '退出登录？', text: '预约和办理进度都会保留，登录后可继续。', yes: '退出登录', danger: true })
    if (!yes) return
    await signOut()
    this.setData({ me: { state: 'ready', data: { out: true }, error: null } })
    toast('已退出登录')
  },
})
