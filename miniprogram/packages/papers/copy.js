import { api } from '../../services/api.js'
import { download } from '../../services/download.js'
import { permitted } from '../../services/permission.js'
import { attempt, toast } from '../../services/ui.js'

/** @param {(options: any) => void} run @returns {Promise<any>} */
const called = (run) => new Promise((success, fail) => run({ success, fail }))

/**
 * The watermarked copy on this phone: a picture goes to the album, a document opens with WeChat's menu to keep or send it on.
 * Guide row S28. @param {import('../../shared/types.js').Material} material
 */
export async function saveCopy(material) {
  const last = material.versions[material.versions.length - 1]
  wx.showLoading({ title: '正在下载' })
  const path = await attempt(() => download(api.copyUrl(material.id)))
  wx.hideLoading()
  if (!path) return
  if (!last?.mime.startsWith('image/')) return wx.openDocument({ filePath: path, fileType: 'pdf', showMenu: true, fail: () => toast('暂时打不开，请稍后重试') })
  const saved = await permitted(() => called((on) => wx.saveImageToPhotosAlbum({ filePath: path, ...on })).then(() => true), {
    scope: 'scope.writePhotosAlbum',
    what: '把水印件保存到相册',
    instead: '也可以点开图片后长按转发或保存。',
  })
  if (saved) toast('水印件已保存到相册')
}
