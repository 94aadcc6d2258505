// The API of the whole product (shared/api.js) over wx.request and wx.uploadFile, with the login of this phone.

import { ApiError, createApi } from '../shared/api.js'
import { heldToken, renew, token } from './auth.js'
import { send } from './request.js'
import { sendFile } from './upload.js'

/** @typedef {import('../shared/api.js').Reply} Reply */

const hex = (/** @type {ArrayBuffer} */ bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Random bytes kept ready, as wx gives them later only. */
let pool = ''
function fill() {
  if (!wx.canIUse('getRandomValues')) return
  wx.getRandomValues({ length: 256, success: (made) => (pool += hex(made.randomValues)) })
}

const chance = () => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, '0')

/** A fresh key of 32 characters for a command or a message: unique, not secret. */
export function newKey() {
  if (pool.length < 1024) fill()
  const key = pool.slice(0, 32)
  pool = pool.slice(32)
  if (key.length === 32) return key
  return (Date.now().toString(16).padStart(12, '0') + chance() + chance() + chance()).slice(0, 32)
}

/** @returns {Promise<Record<string, string>>} */
async function bearer() {
  try {
    return { Authorization: `Bearer ${await token()}` }
  } catch (error) {
    // Without a login what is public still opens; the rest answers 401 and says so below.
    if (error instanceof ApiError && error.status === 0 && error.code === 'offline') throw error
    return {}
  }
}

/**
 * Runs with the login; a refused one is renewed silently, once.
 * @param {(headers: Record<string, string>) => Promise<Reply>} once @returns {Promise<Reply>}
 */
export async function withLogin(once) {
  const headers = await bearer()
  const reply = await once(headers)
  if (reply.status !== 401) return reply
  try {
    if (headers.Authorization === `Bearer ${heldToken()}` || !heldToken()) await renew()
  } catch (error) {
    const { status, code, message } = /** @type {ApiError} */ (error)
    return { status: status || 503, body: { error: { code, message } } }
  }
  return once({ Authorization: `Bearer ${heldToken()}` })
}

export const api = createApi({
  newKey,
  transport: {
    send: (request) => withLogin((login) => send({ ...request, headers: { ...request.headers, ...login } })),
    upload: (upload) => withLogin((login) => sendFile({ ...upload, headers: { ...upload.headers, ...login } })),
  },
})
