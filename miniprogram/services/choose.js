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
    await new Promise((success, fail) => fs.copyFile({ srcPath: file.path, destPath: path, success, fail }))
    return { ...file, path }
  } catch {
    return file // no room on the phone: it then lives as long as WeChat keeps it
  }
}

/** @param {string} path @returns {Promise<boolean>} */
export const stillThere = (path) => new Promise((done) => wx.getFileSystemManager().access({ path, success: () => done(true), fail: () => done(false) }))

/** The file is with the server, or no longer wanted. @param {string} path */
export function dropFile(path) {
  if (!path.includes(`/${FOLDER}/`)) return
  wx.getFileSystemManager().rmdir({ dirPath: path.slice(0, path.lastIndexOf('/')), recursive: true, fail() {} })
}

/** Rejects with WeChat's failure, which says whether it was given up or refused (permission.js). @param {'camera'|'album'} source @param {number} [count] @returns {Promise<Chosen[]>} */
export async function choosePictures(source, count = 1) {
  /** @type {any} */
  const { tempFiles } = await new Promise((success, fail) =>
    wx.chooseMedia({ count, mediaType: ['image'], sourceType: [source], sizeType: ['original', 'compressed'], success, fail }),
  )
  const files = []
  for (const { tempFilePath, size: first } of tempFiles) {
    const { path, size } = await smaller(tempFilePath, first)
    const name = pictureName(path)
    const mime = mimeOf(name)
    files.push(await keepFile({ path, name, size, mime: mime.startsWith('image/') ? mime : 'image/jpeg' }))
  }
  return files
}

/** Files that lie in WeChat's chats, the way to files on a phone. @param {number} [count] @returns {Promise<Chosen[]>} */
export async function chooseChatFiles(count = 1) {
  /** @type {any} */
  const { tempFiles } = await new Promise((success, fail) => wx.chooseMessageFile({ count, type: 'all', success, fail }))
  return Promise.all(tempFiles.map((/** @type {any} */ { path, name, size }) => keepFile({ path, name, size, mime: mimeOf(name) })))
}
