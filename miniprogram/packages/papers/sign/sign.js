import { api } from '../../../services/api.js'
import { LOADING, definePage } from '../../../services/page.js'
import { bindSession } from '../../../services/session.js'
import { errorText } from '../../../services/ui.js'
import { backToRoom } from '../way.js'
import { createPad } from './pad.js'

const STORE = 'shipinban.sign.'
const KEEP_MS = 24 * 3_600_000
const OVER = ['signed', 'withdrawn'] // nothing to write any more
const REDRAW_MS = 50
const RESTORED = '已恢复您刚才的笔迹，可以直接确认，也可以重写。'

/**
 * Signing in place: the strokes outlive rotation, background and the end of the app, on this phone only, until they are
 * sent. Guide row S24; rule 9 of the domain.
 */
definePage({
  data: { id: '', commitment: '', paper: LOADING, state: '', empty: true, busy: false, message: '', fault: false, done: false },

  /** @param {{id: string, commitment: string}} query */
  onLoad({ id, commitment }) {
    this.setData({ id, commitment })
    this.pad = createPad((memory) => this.wrote(memory))
    const kept = wx.getStorageSync(STORE + commitment)
    if (kept && Date.now() - kept.at < KEEP_MS && kept.groups.length) {
      this.pad.restore(kept)
      this.setData({ empty: false, message: RESTORED, fault: false })
    }
    this.fetch = this.loader('paper', () => this.open())
    this.fetch()
    this.session = bindSession(this, id, ({ view }) => (view?.commitment?.id === commitment ? { state: view.commitment.state } : {}))
  },
  async open() {
    const paper = await api.commitment(this.data.commitment)
    this.setData({ state: paper.state })
    if (OVER.includes(paper.state)) wx.removeStorage({ key: STORE + this.data.commitment, fail() {} })
    else wx.nextTick(() => this.fit())
    return paper
  },
  onResize() {
    wx.nextTick(() => this.fit())
  },
  onHide() {
    this.pad.end() // the finger is no longer seen
  },
  onUnload() {
    this.gone = true
    this.pad.end()
  },
  /** The canvas is there once the page is drawn; a slow phone is asked again. @param {number} [left] */
  fit(left = 40) {
    if (this.gone || OVER.includes(this.data.state)) return
    this.createSelectorQuery()
      .select('#ink')
      .fields({ node: true, size: true, rect: true })
      .exec((/** @type {any[]} */ [found]) => {
        if (!found?.node || !found.width) return void (left && setTimeout(() => this.fit(left - 1), REDRAW_MS))
        this.corner = { left: found.left, top: found.top }
        this.pad.attach(found.node, { width: found.width, height: found.height }, wx.getWindowInfo().pixelRatio || 1)
      })
  },

  /** Where the finger is on the pad. @param {any} touch */
  spot(touch) {
    if (touch.x !== undefined) return touch
    return { x: touch.clientX - this.corner.left, y: touch.clientY - this.corner.top, force: touch.force }
  },
  /** @param {any} event */
  down({ touches: [touch], timeStamp }) {
    if (this.data.busy || !touch) return
    this.pad.start(this.spot(touch), timeStamp)
    if (this.data.empty || this.data.message) this.setData({ empty: false, message: '', fault: false })
  },
  /** @param {any} event */
  drag({ touches: [touch], timeStamp }) {
    if (touch) this.pad.move(this.spot(touch), timeStamp)
  },
  up() {
    this.pad.end()
  },
  /** @param {import('./pad.js').PadMemory} memory */
  wrote(memory) {
    const key = STORE + this.data.commitment
    if (memory.groups.length) wx.setStorageSync(key, { ...memory, at: Date.now() })
    else wx.removeStorageSync(key)
    this.setData({ empty: memory.groups.length === 0 })
  },
  undo() {
    this.pad.undo()
  },
  clear() {
    this.pad.clear()
    this.setData({ message: '', fault: false })
  },

  async confirm() {
    if (this.data.busy || this.data.empty) return
    if (!this.pad.enough) return this.setData({ message: '笔迹太少，请手写您的完整姓名。', fault: true })
    this.setData({ busy: true, message: '' })
    try {
      const print = await this.print()
      const written = this.pad.handwriting(print)
      await this.session.act(() => api.sign(this.data.commitment, { ...written, body_hash: this.data.paper.data.body_hash }))
      this.finish()
    } catch (error) {
      const { code, status, transient } = /** @type {any} */ (error)
      if (code === 'already_signed') return this.finish() // an earlier try of ours got through
      const kept = transient || status === 0 || status === undefined
      this.setData({ busy: false, fault: true, message: kept ? '没有提交成功，笔迹已保留，请检查网络后再点“确认签名”。' : errorText(error) })
    }
  },
  /** A second canvas for the picture that is sent. @returns {Promise<any>} */
  print() {
    return new Promise((resolve) => this.createSelectorQuery().select('#print').fields({ node: true }).exec((/** @type {any[]} */ [found]) => resolve(found.node)))
  },
  finish() {
    wx.removeStorage({ key: STORE + this.data.commitment, fail() {} })
    this.setData({ busy: false, done: true, state: 'signed' })
    wx.vibrateShort({ type: 'light', fail() {} })
  },
  read() {
    wx.navigateBack({ delta: 1 })
  },
  retry() {
    return this.fetch()
  },
  back() {
    backToRoom(this.data.id)
  },
})
