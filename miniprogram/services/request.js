// wx.request as a promise: a time-out of our own, at most ten under way at once (WeChat's limit), the rest wait in line.

import { heardServerTime } from '../shared/clock.js'
import { address } from './config.js'

const ANSWER_WITHIN_MS = 20_000
const AT_ONCE = 10

/** @typedef {import('../shared/api.js').Request} Request */
/** @typedef {import('../shared/api.js').Reply} Reply */

let running = 0
/** @type {(() => void)[]} */
const line = []

/** Runs when there is room. @template T @param {() => Promise<T>} run @returns {Promise<T>} */
export async function inLine(run) {
  if (running >= AT_ONCE) await new Promise((go) => line.push(/** @type {() => void} */ (go)))
  else running += 1
  try {
    return await run()
  } finally {
    const next = line.shift()
    if (next) next()
    else running -= 1
  }
}

/** @param {Record<string, any>} headers @param {string} name */
const headerOf = (headers, name) => {
  const key = Object.keys(headers || {}).find((one) => one.toLowerCase() === name)
  return key ? headers[key] : undefined
}

/**
 * Sends once. Rejects only when no answer came.
 * @param {Request} request @returns {Promise<Reply>}
 */
export function send(request) {
  return inLine(
    () =>
      new Promise((resolve, reject) => {
        wx.request({
          url: address(request.path),
          method: /** @type {any} */ (request.method),
          header: { 'Content-Type': 'application/json', 'X-Client': 'miniprogram', ...request.headers },
          data: request.body === undefined ? undefined : JSON.stringify(request.body),
          timeout: ANSWER_WITHIN_MS,
          success: (reply) => {
            heardServerTime(headerOf(reply.header, 'date'))
            resolve({ status: reply.statusCode, body: reply.data === '' ? null : reply.data })
          },
          fail: (error) => reject(new Error(error.errMsg)),
        })
      }),
  )
}
