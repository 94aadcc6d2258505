import { download } from '../../../services/download.js'
import { definePage } from '../../../services/page.js'
import { bindSession } from '../../../services/session.js'
import { attempt } from '../../../services/ui.js'
import { saveCopy } from '../copy.js'
import { materialRow, picturePath } from '../materials/rows.js'
import { backToRoom } from '../way.js'

/** One material, large: the newest version, or the watermarked copy once it is verified. Guide rows S26–S28. */
definePage({
  data: { id: '', material: '', load: { state: 'loading', data: null, error: null }, row: null, path: '', gone: false },

  /** @param {{id: string, material: string}} query */
  onLoad({ id, material }) {
    this.setData({ id, material })
    this.session = bindSession(this, id, ({ view, error }) => {
      if (!view) return { load: error ? { state: 'failed', data: null, error: { message: error.message, status: error.status ?? 0, code: '' } } : { state: 'loading', data: null, error: null } }
      const found = view.materials?.find((one) => one.id === material)
      const last = found?.versions[found.versions.length - 1]
      const row = found ? materialRow(found) : null
      const path = last && row?.file?.thumb ? picturePath(last, 'preview') : ''
      return { load: { state: 'ready', data: null, error: null }, row, path, gone: !found || !last }
    })
  },
  async zoom() {
    const path = await attempt(() => download(this.data.path))
    if (path) wx.previewImage({ urls: [path], current: path })
  },
  copy() {
    const material = this.session.state.view?.materials?.find((/** @type {any} */ one) => one.id === this.data.material)
    return material && saveCopy(material)
  },
  retry() {
    return this.session.refresh().catch(() => {})
  },
  list() {
    if (getCurrentPages().length > 1) wx.navigateBack({ delta: 1 })
    else backToRoom(this.data.id)
  },
})
