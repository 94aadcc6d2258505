// The live socket of shared/socket.js over wx.connectSocket: it looks at once when the app or the network comes back.

import { createSocket } from '../shared/socket.js'
import { socketBase } from './config.js'
import { onWake } from './network.js'

const OPEN_WITHIN_MS = 10_000
const NO_CLOSE_CODE = 1006

/**
 * @param {string} url path with its query
 * @param {import('../shared/socket.js').RawEvents} events
 * @returns {import('../shared/socket.js').RawSocket}
 */
function openWxSocket(url, events) {
  const task = wx.connectSocket({ url: socketBase() + url, timeout: OPEN_WITHIN_MS })
  task.onOpen(() => events.onOpen())
  task.onMessage(({ data }) => events.onText(/** @type {string} */ (data)))
  task.onError(() => events.onClose(NO_CLOSE_CODE))
  task.onClose(({ code }) => events.onClose(code))
  return {
    send: (text) => task.send({ data: text, fail: () => events.onClose(NO_CLOSE_CODE) }),
    close: (code) => task.close({ code: code ?? 1000, fail: () => {} }),
  }
}

/**
 * @typedef {object} SocketOptions
 * @property {() => Promise<{ticket: string, url: string}>} ticket
 * @property {() => number} [after]
 * @property {(message: any) => void} onMessage
 * @property {(state: import('../shared/socket.js').SocketState) => void} [onState]
 */

/** @param {SocketOptions} options @returns {import('../shared/socket.js').LiveSocket} */
export function connect(options) {
  const socket = createSocket({ ...options, open: openWxSocket })
  const end = onWake(() => socket.wake())
  const close = socket.close
  socket.close = () => {
    end()
    close()
  }
  return socket
}
