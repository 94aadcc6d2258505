import { clockText } from '../../../shared/words.js'
import { nextPrompt, openPrompt, wantedMaterials } from '../../../shared/prompts.js'
import { visibleCards } from '../../../shared/reducer.js'
import { serverNow } from '../../../shared/clock.js'
import { api } from '../../../services/api.js'
import { askNotices, prepareNotices } from '../../../services/notices.js'
import { definePage } from '../../../services/page.js'
import { ENDPOINT, bindSession } from '../../../services/session.js'
import { attempt, confirm, errorText, go, tell, toast } from '../../../services/ui.js'
import { uploadsOf } from '../../../services/uploads.js'
import { chooseFrom, openAttachment } from './files.js'
import { createWindow, rowsOf } from './rows.js'
import { roomView, sheetOf } from './view.js'

/** @typedef {import('../../../shared/session.js').SessionState} SessionState */

const DRAFT = 'shipinban.draft.'
const DRAFT_AFTER_MS = 400
const PAGES = { commitment: 'commitment/commitment', materials: 'materials/materials', pickup: 'pickup/pickup', rating: 'rating/rating' }
const NEAR_END = 80
/** A phone can't share its screen: that request is for the PC of the same applicant. @param {string} kind */
const leftToPc = (kind) => kind === 'screen_request'

/** The chat is the main view; what the server asks comes as a sheet and stays as a card. Guide rows S19, S41–S46. */
definePage({
  data: {
    id: '', load: 'loading', problem: null, state: '', chunks: [], earlier: false, anchor: '', away: 0,
    text: '', writing: false, menu: false, sheet: /** @type {any} */ (null), suspending: false, missing: /** @type {string[]} */ ([]), invite: /** @type {any} */ (null),
    ring: null, call: null, suspended: null, end: null, answering: false, busy: false, typing: false, bar: '', keyboard: 0,
    progress: [], peer: { name: '客服', online: false }, materials: false, wanted: 0, maySend: false, maySuspend: false, mayCall: false, mayInvite: false,
  },

  /** @param {{id: string}} query */
  onLoad({ id }) {
    this.shown = new Set()
    this.window_ = createWindow()
    this.atEnd = true
    this.visible = true
    this.setData({ id, text: wx.getStorageSync(DRAFT + id) || '' })
    prepareNotices('session')
    prepareNotices('queue')
    uploadsOf(id).resume() // what the app's end cut off goes on
    this.session = bindSession(this, id, (state) => this.look(state))
  },
  onShow() {
    this.visible = true
    if (this.atEnd) this.toEnd() // what came meanwhile
  },
  onHide() {
    this.visible = false
    this.keepDraft()
  },
  onUnload() {
    this.visible = false
    this.keepDraft()
  },

  /** Draws the messages by their paths; returns what stands around them. @param {SessionState} state */
  look(state) {
    const [view, follows] = [roomView(state, serverNow()), this.atEnd]
    if (state.view?.state === 'waiting') this.toWaiting()
    if (state.view) {
      this.paint(state)
      this.prompt(state.view)
    }
    const shape = [view.state, view.call?.kind, view.bar, view.materials].join()
    if (shape !== this.shape && follows) wx.nextTick(() => this.toEnd()) // the list has another height
    this.shape = shape
    return view
  },
  toWaiting() {
    if (this.left || !this.visible) return // covered by a paper: once it is seen again
    this.left = true
    wx.redirectTo({ url: `/packages/session/wait/wait?id=${this.data.id}`, fail: () => (this.left = false) })
  },

  // --- messages

  /** @param {SessionState} state */
  paint(state) {
    const cards = visibleCards(state.chat)
    const [before, follows] = [this.count ?? 0, this.atEnd] // what is drawn moves the list before it is told
    const parts = this.window_.update(rowsOf(cards, state.view, serverNow()))
    parts.forEach((/** @type {any} */ part, /** @type {number} */ i) => this.setData(part, i === parts.length - 1 ? () => this.painted(before, follows) : undefined))
    this.count = cards.length
    if (this.data.earlier !== this.window_.earlier) this.setData({ earlier: this.window_.earlier })
    const last = cards[cards.length - 1]
    this.mineLast = last?.from.kind === 'applicant'
  },
  /** New rows are drawn: follow them, or count them for who reads further up. @param {number} before @param {boolean} follows */
  painted(before, follows) {
    const fresh = this.count - before
    if (fresh <= 0) return
    if (follows || this.mineLast || before === 0) this.toEnd()
    else this.setData({ away: this.data.away + fresh })
  },
  toEnd() {
    this.atEnd = true
    this.height = 0 // menu and keyboard change it: measured at the next scroll
    this.setData({ anchor: this.data.anchor === 'end-a' ? 'end-b' : 'end-a', away: 0 })
    this.seen()
  },
  seen() {
    const seq = this.session?.state.chat.seq
    if (this.visible && this.atEnd && seq) this.session.markRead(seq)
  },
  /** @param {any} event */
  scrolled({ detail: { scrollTop, scrollHeight } }) {
    if (!this.height) return this.measure()
    this.atEnd = scrollHeight - scrollTop - this.height < NEAR_END
  },
  measure() {
    this.createSelectorQuery().select('#list').boundingClientRect((/** @type {any} */ box) => (this.height = box?.height ?? 0)).exec()
  },
  scrolledToEnd() {
    this.atEnd = true
    if (this.data.away) this.setData({ away: 0 })
    this.seen()
  },
  more() {
    const id = this.window_.more()
    this.paint(this.session.state)
    this.setData({ anchor: id })
  },
  /** @param {any} event */
  open({ currentTarget: { dataset } }) {
    return openAttachment(dataset)
  },
  /** @param {any} event */
  resend({ currentTarget: { dataset } }) {
    return attempt(() => this.session.retry(dataset.key))
  },
  /** @param {any} event */
  discard({ currentTarget: { dataset } }) {
    this.session.discard(dataset.key)
  },

  // --- writing

  /** @param {any} event */
  write({ detail: { value } }) {
    this.setData({ text: value })
    this.session.typing()
    clearTimeout(this.drafting)
    this.drafting = setTimeout(() => this.keepDraft(), DRAFT_AFTER_MS)
  },
  /** The whole box is the field: the line in it alone is too low for a thumb. */
  writeHere() {
    if (this.data.maySend) this.setData({ writing: true })
  },
  keepDraft() {
    clearTimeout(this.drafting)
    const { id, text } = this.data
    if (text) wx.setStorageSync(DRAFT + id, text)
    else wx.removeStorageSync(DRAFT + id)
  },
  send() {
    const text = this.data.text.trim()
    if (!text) return
    this.setData({ text: '' })
    this.keepDraft()
    this.session.say(text).catch((/** @type {any} */ error) => this.refused(error, text))
  },
  /** What failed stays in the chat with 重发; refused words go back to where they were written. @param {any} error @param {string} [text] */
  refused(error, text) {
    if (error?.code !== 'content_refused') return
    if (text && !this.data.text) this.setData({ text })
    tell('没有发出去', errorText(error))
  },
  /** @param {any} event */
  raised({ detail: { height } }) {
    this.setData({ keyboard: height || 0, ...(height ? { menu: false } : { writing: false }) })
    if (height && this.atEnd) this.toEnd()
  },
  plus() {
    this.setData({ menu: !this.data.menu })
    if (this.data.menu) wx.hideKeyboard({ fail() {} })
    if (this.atEnd) wx.nextTick(() => this.toEnd())
  },
  /** @param {any} event */
  async files({ currentTarget: { dataset } }) {
    this.setData({ menu: false })
    for (const { path, name, size, mime } of await chooseFrom(dataset.source)) {
      this.session.sendFile(path, { name, size, mime, ...(mime.startsWith('image/') ? { preview: path } : {}) }).catch((/** @type {any} */ error) => this.refused(error))
    }
  },

  // --- what the server asks

  /** @param {import('../../../shared/types.js').View} view */
  prompt(view) {
    const { sheet } = this.data
    if (sheet && !openPrompt(view, sheet.kind, sheet.seq)) this.setData({ sheet: null })
    const rating = view.prompts.some(({ id, kind }) => kind === 'rating' && !this.shown.has(id))
    if (this.data.sheet && !rating) return // one after the other
    const next = nextPrompt(view, this.shown, null, leftToPc)
    if (!next) return
    this.setData({ sheet: sheetOf(next.kind, next.seq, view), menu: false })
    if (!this.visible) return
    wx.vibrateShort({ type: 'medium', fail() {} })
    wx.hideKeyboard({ fail() {} })
  },
  closeSheet() {
    this.setData({ sheet: null })
    this.prompt(this.session.state.view)
  },
  /** The card in the chat: the same page again, as often as one likes. @param {any} event */
  reopen({ currentTarget: { dataset } }) {
    const { kind, seq } = dataset
    if (kind === 'screen_request' || kind === 'control_request') return this.setData({ sheet: sheetOf(kind, seq, this.session.state.view) })
    return this.lead(kind)
  },
  follow() {
    const { kind } = this.data.sheet
    this.setData({ sheet: null })
    return this.lead(kind)
  },
  /** @param {'commitment'|'materials'|'pickup'|'rating'|'call_invite'} kind */
  lead(kind) {
    if (kind === 'call_invite') return this.enterCall()
    const view = this.session.state.view
    const commitment = openPrompt(view, 'commitment', 0)?.data.commitment_id ?? view?.commitment?.id
    return go(`/packages/papers/${PAGES[kind]}?id=${this.data.id}${kind === 'commitment' ? `&commitment=${commitment}` : ''}`)
  },
  refuse() {
    return this.settle(this.data.sheet.kind === 'screen_request' ? () => api.screen(this.data.id, 'refuse') : () => api.control(this.data.id, 'refuse'))
  },
  grant() {
    return this.settle(() => api.control(this.data.id, 'grant'))
  },
  /** @param {() => Promise<any>} command */
  async settle(command) {
    await attempt(() => this.session.act(command))
    this.setData({ sheet: null })
  },

  // --- the call

  async answer() {
    this.setData({ answering: true })
    await attempt(() => this.session.act(() => api.answer(this.data.id, ENDPOINT)))
    this.setData({ answering: false })
  },
  decline() {
    return attempt(() => this.session.act(() => api.decline(this.data.id)))
  },
  enterCall() {
    if (!this.data.mayCall) return toast('接通客服后才能开启音视频')
    this.setData({ menu: false })
    return go(`/packages/session/call/call?id=${this.data.id}`)
  },
  async hangUp() {
    if (await confirm({ title: '结束音视频通话？', text: '结束后仍可文字聊天，也可以再次开启。', yes: '结束通话', no: '继续通话', danger: true })) {
      await attempt(() => this.session.act(() => api.endCall(this.data.id)))
    }
  },
  takeBack() {
    this.session.socket.start()
  },

  // --- pause and return

  suspend() {
    if (!this.data.maySuspend) return
    this.setData({ menu: false, suspending: true, missing: wantedMaterials(this.session.state.view).map(({ name }) => name) })
  },
  shut() {
    this.setData({ suspending: false, invite: null })
  },
  /** @param {any} event */
  async confirmSuspend({ detail: { reason, missing } }) {
    if (this.data.busy) return
    this.setData({ busy: true })
    await askNotices('session')
    const done = await attempt(() => this.session.act(() => api.suspend(this.data.id, reason, missing)).then(() => true))
    this.setData({ busy: false, ...(done ? { suspending: false } : {}) })
  },
  async reconnect() {
    if (this.data.busy) return
    this.setData({ busy: true })
    await askNotices('queue')
    await attempt(() => this.session.act(() => api.reconnect(this.data.id)), '正在优先排队')
    this.setData({ busy: false })
  },

  // --- another phone joins

  async invite() {
    this.setData({ menu: false })
    const made = await attempt(() => api.handover(this.data.id))
    if (made) this.setData({ invite: { qr: made.qr, until: clockText(made.expires_at) } })
  },

  again() {
    return this.session.refresh().catch(() => {})
  },
  home() {
    return go('/pages/home/home')
  },
})
