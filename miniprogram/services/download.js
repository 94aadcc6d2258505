// Protected files on the phone: fetched with the login, kept as temporary files, each only once.

import { withLogin } from './api.js'
import { address } from './config.js'
import { inLine } from './request.js'

const DOWNLOAD_WITHIN_MS = 60_000
/** @type {Map<string, Promise<string>>} */
const fetched = new Map()

/** @param {string} path @returns {Promise<string>} */
async function fetchFile(path) {
  let filePath = ''
  const reply = await withLogin((login) =>
    inLine(
      () =>
        new Promise((resolve, reject) => {
          wx.downloadFile({
            url: address(path),
            header: { 'X-Client': 'miniprogram', ...login },
            timeout: DOWNLOAD_WITHIN_MS,
            success: (done) => {
              filePath = done.tempFilePath
              resolve({ status: done.statusCode, body: null })
            },
            fail: (error) => reject(new Error(error.errMsg)),
          })
        }),
    ),
  )
  if (reply.status >= 400) throw new Error('文件暂时打不开，请稍后重试')
  return filePath
}

/** A local path of the file. @param {string} path of ours, starting at /api @returns {Promise<string>} */
export function download(path) {
  const known = fetched.get(path)
  if (known) return known
  const coming = fetchFile(path)
  coming.catch(() => fetched.delete(path))
  fetched.set(path, coming)
  return coming
}
