import { api } from '../../../services/api.js'
import { MAX_BYTES, chooseChatFiles, choosePictures } from '../../../services/choose.js'
import { download } from '../../../services/download.js'
import { permitted } from '../../../services/permission.js'
import { attempt, toast } from '../../../services/ui.js'

/** @typedef {import('../../../services/choose.js').Chosen} Chosen */

/** A picture of the chat over the whole screen, a document in WeChat's reader. @param {any} what */
export async function openAttachment({ kind, attachment, local, name }) {
  if (kind === 'image') {
    const path = local || (await attempt(() => download(api.attachmentUrl(attachment, 'preview'))))
    if (path) wx.previewImage({ urls: [path], current: path })
    return
  }
  if (!attachment) return // still on its way
  wx.showLoading({ title: '正在打开' })
  const path = await attempt(() => download(api.attachmentUrl(attachment)))
  wx.hideLoading()
  const fileType = /** @type {any} */ (name.split('.').pop().toLowerCase())
  if (path) wx.openDocument({ filePath: path, showMenu: true, fileType, fail: () => toast('这种文件在手机上打不开，请在电脑上查看') })
}

/** @type {Record<string, {choose: () => Promise<Chosen[]>, scope?: string, what: string, instead: string}>} */
const SOURCES = {
  album: { choose: () => choosePictures('album', 9), what: '从相册选择图片', instead: '也可以用“文件”发送聊天中的图片。' },
  camera: { choose: () => choosePictures('camera'), scope: 'scope.camera', what: '拍照', instead: '也可以从相册选择照片。' },
  chat: { choose: () => chooseChatFiles(5), what: '选择聊天中的文件', instead: '也可以拍照发送。' },
}

/** What may be sent of what was chosen; a refusal has led on already. @param {string} source @returns {Promise<Chosen[]>} */
export async function chooseFrom(source) {
  const { choose, ...about } = SOURCES[source]
  const files = (await permitted(choose, about)) ?? []
  if (files.some((file) => file.size > MAX_BYTES)) toast('文件超过 10 MB，请压缩后再发送')
  return files.filter((file) => file.size <= MAX_BYTES)
}
