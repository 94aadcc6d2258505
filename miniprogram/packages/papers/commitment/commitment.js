import { serverNow } from '../../../shared/clock.js'
import { api } from '../../../services/api.js'
import { download } from '../../../services/download.js'
import { LOADING, definePage } from '../../../services/page.js'
import { bindSession } from '../../../services/session.js'
import { attempt, go, toast } from '../../../services/ui.js'
import { backToRoom } from '../way.js'

const NEAR_END = 24

/** “信用+视频办”承诺书: read to the end, the countdown by the server's clock, then to the pad. Guide rows S22, S23. */
definePage({
  data: { id: '', commitment: '', paper: LOADING, state: '', left: -1, atEnd: false, busy: false },

  /** @param {{id: string, commitment: string}} query */
  onLoad({ id, commitment }) {
    this.setData({ id, commitment })
    this.readyAt = Infinity
    this.fetch = this.loader('paper', () => this.open())
    this.fetch()
    this.session = bindSession(this, id, ({ view }) => (view?.commitment?.id === commitment ? { state: view.commitment.state } : {}))
    const beat = setInterval(() => this.tick(), 500)
    this.cleanup(() => clearInterval(beat))
  },
  /** The first look starts the countdown on the server. */
  async open() {
    const paper = await api.commitment(this.data.commitment)
    this.readyAt = serverNow() + paper.read_seconds_left * 1000
    this.setData({ state: paper.state, ...(paper.state === 'read' ? { atEnd: true } : {}) }) // who has read it is not sent to its end again
    this.tick()
    wx.nextTick(() => this.measure())
    return paper
  },
  tick() {
    const left = Number.isFinite(this.readyAt) ? Math.max(0, Math.ceil((this.readyAt - serverNow()) / 1000)) : -1
    if (left !== this.data.left) this.setData({ left })
  },
  /** A text that fits the screen has been seen to its end. */
  measure() {
    this.createSelectorQuery()
      .select('#paper').boundingClientRect()
      .select('#body').boundingClientRect()
      .exec((/** @type {any[]} */ [paper, body]) => {
        if (paper && body && body.height - paper.height < NEAR_END) this.setData({ atEnd: true })
      })
  },
  reachedEnd() {
    if (!this.data.atEnd) this.setData({ atEnd: true })
  },
  async sign() {
    const { busy, left, atEnd, state, commitment, id } = this.data
    if (busy) return
    if (left !== 0) return toast(`请先阅读承诺书（还有 ${Math.max(left, 1)} 秒）`)
    if (!atEnd) return toast('请阅读到底部后再签名')
    this.setData({ busy: true })
    const done = state === 'read' || (await attempt(() => this.markRead()))
    this.setData({ busy: false })
    if (done) go(`/packages/papers/sign/sign?id=${id}&commitment=${commitment}`)
  },
  async markRead() {
    try {
      await this.session.act(() => api.readCommitment(this.data.commitment))
      return true
    } catch (error) {
      const { code, details } = /** @type {any} */ (error)
      if (code === 'too_early') this.readyAt = serverNow() + (details.seconds_left ?? 1) * 1000
      throw error
    }
  },
  /** The signed text as a PDF to keep. */
  async document() {
    const path = await attempt(() => download(`/api/commitments/${this.data.commitment}/document`))
    if (path) wx.openDocument({ filePath: path, fileType: 'pdf', showMenu: true, fail: () => toast('暂时打不开，请稍后重试') })
  },
  retry() {
    return this.fetch()
  },
  back() {
    backToRoom(this.data.id)
  },
})
