// wx.uploadFile as the API's upload: progress, a time-out; a try that failed is repeated by the API with the same key.

import { address } from './config.js'
import { inLine } from './request.js'

const UPLOAD_WITHIN_MS = 180_000

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * Sends one file once; `upload.file` is a path on the phone. Rejects only when no answer came.
 * @param {import('../shared/api.js').Upload} upload @returns {Promise<import('../shared/api.js').Reply>}
 */
export function sendFile(upload) {
  return inLine(
    () =>
      new Promise((resolve, reject) => {
        const task = wx.uploadFile({
          url: address(upload.path),
          filePath: upload.file,
          name: 'file',
          formData: upload.fields,
          header: { 'X-Client': 'miniprogram', ...upload.headers },
          timeout: UPLOAD_WITHIN_MS,
          success: (reply) => resolve({ status: reply.statusCode, body: parsed(reply.data) }),
          fail: (error) => reject(new Error(error.errMsg)),
        })
        task?.onProgressUpdate?.((now) => upload.onProgress?.(now.totalBytesSent, now.totalBytesExpectedToSend))
      }),
  )
}
