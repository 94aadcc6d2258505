import { listOf } from '../../../shared/api.js'
import { ratingText, ratingWords } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { LOADING, definePage } from '../../../services/page.js'
import { bindSession } from '../../../services/session.js'
import { attempt } from '../../../services/ui.js'
import { backToRoom } from '../way.js'

const STORE = 'shipinban.rating.'
const FACES = ratingWords.map((word, i) => ({ word, level: 5 - i }))

/** Five faces with words, tags that fit the face, a comment; once given it can be changed for a week. Guide row S33. */
definePage({
  data: { id: '', levels: LOADING, faces: FACES, level: 0, tags: [], chosen: /** @type {Record<string, boolean>} */ ({}), comment: '', anonymous: false, busy: false, given: /** @type {any} */ (null), may: false, editing: false, item: '', peer: '', known: false },

  /** @param {{id: string}} query */
  onLoad({ id }) {
    this.setData({ id, ...(wx.getStorageSync(STORE + id) || {}) })
    this.fetch = this.loader('levels', async () => {
      const levels = Object.fromEntries(listOf(await api.ratingTags()).map((row) => [row.level, row.tags]))
      this.setData({ tags: levels[this.data.level] ?? [] })
      return levels
    })
    this.fetch()
    this.session = bindSession(this, id, ({ view }) => {
      if (!view) return {}
      const given = view.rating?.level ? { level: view.rating.level, word: ratingText(view.rating.level), tags: view.rating.tags, comment: view.rating.comment } : null
      return { known: true, given, may: view.actions.includes('rate'), item: view.item.name, peer: view.peer?.name ?? '' }
    })
  },
  keep() {
    const { id, level, chosen, comment, anonymous } = this.data
    wx.setStorage({ key: STORE + id, data: { level, chosen, comment, anonymous }, fail() {} })
  },
  /** @param {any} event */
  choose({ currentTarget: { dataset } }) {
    const level = Number(dataset.level)
    this.setData({ level, chosen: {}, tags: this.data.levels.data?.[level] ?? [] })
    this.keep()
  },
  /** @param {any} event */
  toggle({ currentTarget: { dataset } }) {
    this.setData({ chosen: { ...this.data.chosen, [dataset.tag]: !this.data.chosen[dataset.tag] } })
    this.keep()
  },
  /** @param {any} event */
  write({ detail: { value } }) {
    this.setData({ comment: value })
    this.keep()
  },
  hide() {
    this.setData({ anonymous: !this.data.anonymous })
    this.keep()
  },
  async submit() {
    const { id, level, tags, chosen, comment, anonymous, busy, given } = this.data
    if (!level || busy) return
    this.setData({ busy: true })
    const rating = { level, tags: tags.filter((/** @type {string} */ tag) => chosen[tag]).slice(0, 6), comment: comment.trim(), anonymous, ...(given ? { change: true } : {}) }
    const done = await attempt(() => this.session.act(() => api.rate(id, rating)).then(() => true), '感谢您的评价')
    this.setData({ busy: false, ...(done ? { editing: false } : {}) })
    if (done) wx.removeStorage({ key: STORE + id, fail() {} })
  },
  edit() {
    const { level, tags, comment } = this.data.given
    this.setData({ editing: true, level, comment, tags: this.data.levels.data?.[level] ?? [], chosen: Object.fromEntries(tags.map((/** @type {string} */ tag) => [tag, true])) })
  },
  retry() {
    return this.fetch()
  },
  back() {
    backToRoom(this.data.id)
  },
})
