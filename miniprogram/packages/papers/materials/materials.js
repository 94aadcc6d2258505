import { wantedMaterials } from '../../../shared/prompts.js'
import { MAX_BYTES, chooseChatFiles, choosePictures } from '../../../services/choose.js'
import { definePage } from '../../../services/page.js'
import { permitted } from '../../../services/permission.js'
import { bindSession } from '../../../services/session.js'
import { confirm, go, toast } from '../../../services/ui.js'
import { uploadsOf } from '../../../services/uploads.js'
import { saveCopy } from '../copy.js'
import { backToRoom } from '../way.js'
import { materialRow } from './rows.js'

/** @typedef {import('../../../services/choose.js').Chosen} Chosen */

/** What the agent asked for, one by one: upload, state, reason, watermarked copy. Guide rows S25–S28. */
definePage({
  data: { id: '', load: { state: 'loading', data: null, error: null }, rows: [], left: 0, going: {}, over: false },

  /** @param {{id: string}} query */
  onLoad({ id }) {
    this.setData({ id })
    this.uploads = uploadsOf(id)
    this.session = bindSession(this, id, ({ view, error }) => {
      if (!view) return { load: error ? { state: 'failed', data: null, error: { message: error.message, status: error.status ?? 0, code: '' } } : { state: 'loading', data: null, error: null } }
      const over = view.state === 'completed' || view.state === 'abandoned'
      return { load: { state: 'ready', data: null, error: null }, rows: (view.materials ?? []).map(materialRow), left: wantedMaterials(view).length, over }
    })
    this.cleanup(this.uploads.watch((/** @type {any[]} */ list) => this.showGoing(list)))
    this.uploads.resume()
  },
  /** @param {import('../../../services/uploads.js').Going[]} list */
  showGoing(list) {
    const before = Object.keys(this.data.going).length
    this.setData({ going: Object.fromEntries(list.map(({ material, name, progress, fault }) => [material, { name, progress, fault }])) })
    if (list.length < before) this.session?.refresh().catch(() => {})
  },

  /** @param {any} event */
  photo({ currentTarget: { dataset } }) {
    return this.choose(dataset.id, () => choosePictures('camera'), { scope: 'scope.camera', what: '拍摄材料', instead: '也可以从相册或微信聊天中选择。' })
  },
  /** @param {any} event */
  album({ currentTarget: { dataset } }) {
    return this.choose(dataset.id, () => choosePictures('album'), { what: '从相册选择', instead: '也可以直接拍照上传。' })
  },
  /** @param {any} event */
  chat({ currentTarget: { dataset } }) {
    return this.choose(dataset.id, () => chooseChatFiles(), { what: '选择微信聊天中的文件', instead: '也可以直接拍照上传。' })
  },
  /** @param {string} material @param {() => Promise<Chosen[]>} from @param {{scope?: string, what: string, instead: string}} about */
  async choose(material, from, about) {
    const file = (await permitted(from, about))?.[0]
    if (!file) return
    if (file.size > MAX_BYTES) return toast('文件超过 10 MB，请压缩后再上传')
    if (!file.mime.startsWith('image/') && file.mime !== 'application/pdf') return toast('不支持这种文件，请上传图片或 PDF')
    this.uploads.add(material, file)
  },
  /** @param {any} event */
  again({ currentTarget: { dataset } }) {
    this.uploads.retry(dataset.id)
  },
  /** @param {any} event */
  async giveUp({ currentTarget: { dataset } }) {
    if (await confirm({ title: '不上传这个文件了？', text: '需要时可以重新选择。', yes: '移除', no: '保留' })) this.uploads.drop(dataset.id)
  },
  /** @param {any} event */
  show({ currentTarget: { dataset } }) {
    return go(`/packages/papers/preview/preview?id=${this.data.id}&material=${dataset.id}`)
  },
  /** @param {any} event */
  copy({ currentTarget: { dataset } }) {
    const material = this.session.state.view?.materials?.find((/** @type {any} */ one) => one.id === dataset.id)
    return material && saveCopy(material)
  },
  retry() {
    return this.session.refresh().catch(() => {})
  },
  back() {
    backToRoom(this.data.id)
  },
})
