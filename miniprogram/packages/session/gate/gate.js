import { waitText } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { askNotices, prepareNotices } from '../../../services/notices.js'
import { pageOfSession } from '../../../services/open.js'
import { definePage, LOADING } from '../../../services/page.js'
import { ENDPOINT } from '../../../services/session.js'
import { errorText } from '../../../services/ui.js'

/** The server's word that the texts changed, or that the slot isn't open: the page must be fresh. */
const CONFLICT = 409
/** Kept on this phone: that the materials are ready. Consent is not: it is given anew before the texts as they are now. */
const STORE = 'shipinban.gate.'

/** @param {any} gate */
const shown = (gate) => ({
  name: gate.item.name,
  texts: gate.texts.map((/** @type {any} */ { id, title, version, body }) => ({ id, title, version, body })),
  materials: gate.materials.map((/** @type {any} */ one) => ({ id: one.id, name: one.name, note: one.note, original: one.original_required })),
  notices: gate.notices ?? [],
  agents: gate.queue.agents_online,
  ahead: gate.queue.ahead,
  wait: gate.queue.agents_online ? waitText(gate.queue.wait_minutes) : '待客服上线',
  names: gate.texts.map((/** @type {any} */ text) => `《${text.title}》`).join('、'),
})

// 材料齐全 → 用户授权、远程导办温馨提示 → 勾选同意后开始排队. Guide rows S15, S16, S40.
definePage({
  data: { id: '', gate: LOADING, ready: false, agreed: false, busy: false, refusal: '' },
  /** @param {Record<string, string>} query */
  onLoad({ id = '' }) {
    this.setData({ id, ready: wx.getStorageSync(STORE + id) === true })
    this.load = this.loader('gate', async () => shown(await api.gate(id)))
    this.load()
    prepareNotices('queue')
  },
  reload() {
    this.load()
  },
  tickReady() {
    const { id, ready } = this.data
    this.setData({ ready: !ready })
    if (ready) wx.removeStorage({ key: STORE + id, fail() {} })
    else wx.setStorage({ key: STORE + id, data: true, fail() {} })
  },
  tickAgreed() {
    this.setData({ agreed: !this.data.agreed })
  },
  async authorise() {
    const { id, gate, ready, agreed, busy } = this.data
    if (!ready || !agreed || busy) return
    askNotices('queue') // 快到号时通知我: must open inside the tap
    this.setData({ busy: true, refusal: '' })
    try {
      const consents = gate.data.texts.map((/** @type {any} */ text) => ({ text_id: text.id, version: text.version }))
      const view = await api.enterQueue(id, { consents, materials_ready: true, endpoint: ENDPOINT })
      wx.removeStorage({ key: STORE + id, fail() {} })
      wx.redirectTo({ url: pageOfSession(view.state, view.id) })
    } catch (error) {
      this.setData({ refusal: errorText(error) })
      if (/** @type {any} */ (error).status === CONFLICT) {
        this.setData({ agreed: false })
        this.load(true)
      }
    } finally {
      this.setData({ busy: false })
    }
  },
})
