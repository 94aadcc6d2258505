// Messages on their way outlive the app: kept on this phone until the server has them. Their files too.

import { dropFile } from './choose.js'

/** @typedef {import('../shared/session.js').Message} Message */

const STORE = 'shipinban.outbox.'

/** @param {string} sessionId @returns {import('../shared/session.js').Outbox} */
export function outboxOf(sessionId) {
  const key = STORE + sessionId
  /** @returns {Message[]} */
  const read = () => wx.getStorageSync(key) || []
  return {
    read,
    write(messages) {
      const kept = new Set(messages.map(({ file }) => file))
      for (const { file } of read()) if (file && !kept.has(file)) dropFile(file)
      if (messages.length) wx.setStorageSync(key, messages)
      else wx.removeStorageSync(key)
    },
  }
}
