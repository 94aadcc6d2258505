import { listOf } from '../../../shared/api.js'
import { markParts } from '../../../shared/booking.js'
import { api } from '../../../services/api.js'
import { definePage, LOADING } from '../../../services/page.js'
import { attempt, go } from '../../../services/ui.js'

const PAGE_SIZE = 20
const TYPING_REST_MS = 250

/** @param {any} item */
const row = (item) => ({
  id: item.id,
  parts: markParts(item.name, item.match).map((part, at) => ({ ...part, at })),
  name: item.name,
  where: `${item.department} · ${item.region.name}`,
  open: item.video_enabled,
})

// 按照分类或直接搜索事项的方式找到事项; the blue 视频办 leads to it. Guide row S36.
definePage({
  data: {
    q: '',
    region: '',
    regionName: '全部区划',
    category: '',
    regions: /** @type {any[]} */ ([]),
    categories: /** @type {any[]} */ ([]),
    items: LOADING,
    next: '',
    more: false,
    picking: false,
  },
  /** @param {Record<string, string>} query */
  onLoad(query) {
    this.setData({ q: query.q ? decodeURIComponent(query.q) : '' })
    this.search = this.loader('items', async () => {
      const page = await api.items(this.query())
      this.setData({ next: page.next ?? '' })
      return listOf(page).map(row)
    })
    this.search()
    this.loadLists()
  },
  query() {
    const { q, region, category } = this.data
    return { q: q.trim(), region, category, limit: PAGE_SIZE }
  },
  /** Regions and categories are a help, not a condition: the list works without them. */
  async loadLists() {
    api.regions().then(
      (reply) => this.setData({ regions: listOf(reply).filter((one) => one.parent_code).map(({ code, name }) => ({ code, name })) }),
      () => {},
    )
    api.categories(this.data.region || undefined).then(
      (reply) => this.setData({ categories: listOf(reply).map(({ id, name }) => ({ id, name })) }),
      () => {},
    )
  },
  /** @param {WechatMiniprogram.Input} event */
  typed(event) {
    this.setData({ q: event.detail.value })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.search(true), TYPING_REST_MS)
  },
  searchNow() {
    clearTimeout(this.timer)
    this.search(true)
  },
  clear() {
    this.setData({ q: '' })
    this.searchNow()
  },
  retry() {
    this.loadLists()
    this.search()
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  pickCategory(event) {
    this.setData({ category: event.currentTarget.dataset.id })
    this.search(true)
  },
  openRegions() {
    this.setData({ picking: true })
  },
  closeRegions() {
    this.setData({ picking: false })
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  pickRegion(event) {
    const { code, name } = event.currentTarget.dataset
    this.setData({ region: code, regionName: name, category: '', picking: false })
    this.loadLists()
    this.search(true)
  },
  async onReachBottom() {
    if (this.data.more || !this.data.next) return
    this.setData({ more: true })
    const asked = JSON.stringify(this.query())
    const page = await attempt(() => api.items({ ...this.query(), cursor: this.data.next }))
    const same = asked === JSON.stringify(this.query())
    const at = this.data.items.data?.length ?? 0
    const fresh = page && same ? Object.fromEntries(listOf(page).map((item, i) => [`items.data[${at + i}]`, row(item)])) : {}
    this.setData({ ...fresh, ...(page && same ? { next: page.next ?? '' } : {}), more: false })
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  open(event) {
    go(`/packages/book/item/item?id=${event.currentTarget.dataset.id}`)
  },
  onUnload() {
    clearTimeout(this.timer)
  },
  onShareAppMessage() {
    return { title: '视频办事项', path: '/packages/book/items/items' }
  },
})
