// Pictures from the camera or the album and files from WeChat's chats, each made ready to be sent: small enough, and
// kept under its own name where it outlives the app. Guide rows S19, S26, S41.

export const MAX_BYTES = 10 * 1024 * 1024
const FOLDER = 'out'

/**
 * @typedef {object} Chosen
 * @property {string} path
 * @property {string} name
 * @property {number} size
 * @property {string} mime
 */
/** @typedef {{files: Chosen[], refused: ''|'camera'|'album'|'privacy', problem: string}} Choice nothing chosen: no files, and perhaps why */

/** @type {Record<string, string>} */
const MIMES = {
  jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', heic: 'image/heic', heif: 'image/heic', gif: 'image/gif',
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}

/** @param {string} name */
const extensionOf = (name) => (/\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1] ?? '').toLowerCase()

/** @param {string} name */
export const mimeOf = (name) => MIMES[extensionOf(name)] ?? 'application/octet-stream'

/** @param {string} errMsg @param {'camera'|'album'} source @returns {Choice} */
function nothing(errMsg, source) {
  const text = errMsg || ''
  if (/cancel/i.test(text)) return { files: [], refused: '', problem: '' }
  if (/privacy/i.test(text)) return { files: [], refused: 'privacy', problem: '' }
  if (/auth|permission|deny|denied/i.test(text)) return { files: [], refused: source, problem: '' }
  return { files: [], refused: '', problem: '没有选到文件，请重试' }
}

/** @param {string} path @param {number} size @returns {Promise<{path: string, size: number}>} a large picture made smaller */
async function smaller(path, size) {
  if (size <= MAX_BYTES * 0.95) return { path, size }
  const less = await new Promise((done) => wx.compressImage({ src: path, quality: 75, success: (reply) => done(reply.tempFilePath), fail: () => done('') }))
  if (!less) return { path, size }
  const info = await new Promise((done) => wx.getFileSystemManager().getFileInfo({ filePath: less, success: (reply) => done(reply.size), fail: () => done(size) }))
  return { path: less, size: info }
}

let made = 0
/** @param {string} path */
function pictureName(path) {
  made += 1
  const now = new Date(Date.now() + 8 * 3_600_000).toISOString()
  return `照片${now.slice(5, 10).replace('-', '')}-${now.slice(11, 19).replace(/:/g, '')}-${made}.${extensionOf(path) || 'jpg'}`
}

/** @param {string} text */
const nameOnDisk = (text) => text.replace(/[\\/:*?"<>|\s]/g, '_').slice(-80)

/**
 * Copies a chosen file to where it outlives the app: WeChat's temporary files may be gone after a restart, and the
 * name in the upload is the name on the phone. @param {Chosen} file @returns {Promise<Chosen>}
 */
export async function keepFile(file) {
  const fs = wx.getFileSystemManager()
  const folder = `${wx.env.USER_DATA_PATH}/${FOLDER}/${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`
  const path = `${folder}/${nameOnDisk(file.name)}`
  try {
    fs.mkdirSync(folder, true)
    fs.copyFileSync(file.path, path)
    return { ...file, path }
  } catch {
    return file // no room on the phone: it then lives as long as WeChat keeps it
  }
}

/** The file is with the server, or no longer wanted. @param {string} path */
export function dropFile(path) {
  if (!path.includes(`/${FOLDER}/`)) return
  wx.getFileSystemManager().rmdir({ dirPath: path.slice(0, path.lastIndexOf('/')), recursive: true, fail() {} })
}

/**
 * @param {'camera'|'album'} source @param {number} [count] @returns {Promise<Choice>}
 */
export async function choosePictures(source, count = 1) {
  /** @type {any} */
  const reply = await new Promise((done) =>
    wx.chooseMedia({ count, mediaType: ['image'], sourceType: [source], sizeType: ['original', 'compressed'], success: done, fail: done }),
  )
  if (!reply.tempFiles) return nothing(reply.errMsg, source)
  const files = []
  for (const { tempFilePath, size } of reply.tempFiles) {
    const { path, size: now } = await smaller(tempFilePath, size)
    const name = pictureName(path)
    files.push(await keepFile({ path, name, size: now, mime: mimeOf(name) === 'application/octet-stream' ? 'image/jpeg' : mimeOf(name) }))
  }
  return { files, refused: '', problem: '' }
}

/** @param {number} [count] @returns {Promise<Choice>} files that lie in WeChat's chats, the way to files on a phone */
export async function chooseChatFiles(count = 1) {
  /** @type {any} */
  const reply = await new Promise((done) => wx.chooseMessageFile({ count, type: 'all', success: done, fail: done }))
  if (!reply.tempFiles) return nothing(reply.errMsg, 'album')
  const files = await Promise.all(reply.tempFiles.map((/** @type {any} */ { path, name, size }) => keepFile({ path, name, size, mime: mimeOf(name) })))
  return { files, refused: '', problem: '' }
}
