// A phone without a screen: the mini-program's own services and shared core, each start of the app a fresh copy of them,
// over real HTTP and a real socket. Its storage outlives the app.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import esbuild from 'esbuild'
import WebSocket from 'ws'

const HERE = path.dirname(fileURLToPath(import.meta.url))

/** The app's code, bundled once; a function of its wx. */
const code = esbuild.buildSync({
  stdin: {
    contents: `
      export { api } from './services/api.js'
      export { heldToken, restore } from './services/auth.js'
      export { joinSession } from './services/session.js'
      export { cameBack, watchNetwork } from './services/network.js'`,
    resolveDir: path.join(HERE, '..', '..'),
  },
  bundle: true, write: false, format: 'cjs', target: 'node20', logLevel: 'silent',
}).outputFiles[0].text

export class Phone {
  /** @param {string} server @param {string} code_ of wx.login, taken at the first start */
  constructor(server, code_) {
    Object.assign(this, { server, code: code_ })
    /** @type {Map<string, any>} */
    this.store = new Map()
    this.online = true
    this.life = 0
  }

  /** Starts the app: nothing is left of the one before but the storage. */
  start() {
    this.life += 1
    this.timers = new Set()
    this.sockets = new Set()
    this.networkListeners = []
    const module = { exports: {} }
    const own = this.clock()
    new Function('wx', 'module', 'exports', ...Object.keys(own), code)(this.wx(), module, module.exports, ...Object.values(own))
    this.app = module.exports
    this.app.watchNetwork()
    return this.app
  }

  /** Timers that die with the app. */
  clock() {
    const timers = this.timers
    const keep = (timer) => (timers.add(timer), timer)
    return {
      setTimeout: (run, ms, ...rest) => keep(setTimeout(run, ms, ...rest)),
      setInterval: (run, ms, ...rest) => keep(setInterval(run, ms, ...rest)),
      clearTimeout: (timer) => (timers.delete(timer), clearTimeout(timer)),
      clearInterval: (timer) => (timers.delete(timer), clearInterval(timer)),
    }
  }

  /** WeChat ends the app in the middle of whatever it does; what is under way is answered to nobody. */
  kill() {
    this.life += 1
    this.timers.forEach((timer) => clearTimeout(timer))
    this.cut()
    this.app = null
  }

  /** The sockets go without a word. */
  cut() {
    for (const socket of [...this.sockets]) socket.terminate()
  }

  /** @param {boolean} on */
  network(on) {
    this.online = on
    if (!on) this.cut()
    this.networkListeners.forEach((tell) => tell({ isConnected: on, networkType: on ? 'wifi' : 'none' }))
  }

  wx() {
    const life = this.life
    const alive = (run) => (value) => life === this.life && run?.(value)
    return {
      getStorageSync: (key) => structuredClone(this.store.get(key) ?? ''),
      setStorageSync: (key, value) => void this.store.set(key, structuredClone(value)),
      removeStorageSync: (key) => void this.store.delete(key),
      getAccountInfoSync: () => ({ miniProgram: { envVersion: 'develop' } }),
      getExtConfigSync: () => ({ base: this.server }),
      canIUse: () => false,
      login: ({ success, fail }) => (this.code ? success({ code: this.code }) : fail({ errMsg: 'login:fail' })),
      getNetworkType: ({ success }) => success({ networkType: this.online ? 'wifi' : 'none' }),
      onNetworkStatusChange: (listener) => void this.networkListeners.push(listener),
      request: (options) => void this.request(options, alive),
      connectSocket: ({ url }) => this.connect(url, alive),
    }
  }

  async request({ url, method, header, data, timeout, success, fail }, alive) {
    try {
      if (!this.online) throw new Error('offline')
      const reply = await fetch(url, { method, headers: header, body: method === 'GET' ? undefined : data, signal: AbortSignal.timeout(timeout) })
      const text = await reply.text()
      if (!this.online) throw new Error('offline')
      const json = reply.headers.get('content-type')?.includes('json')
      alive(success)({ statusCode: reply.status, data: json && text ? JSON.parse(text) : text, header: Object.fromEntries(reply.headers) })
    } catch (error) {
      alive(fail)({ errMsg: `request:fail ${error.message}` })
    }
  }

  connect(url, alive) {
    const socket = new WebSocket(url, { origin: this.server })
    this.sockets.add(socket)
    const listeners = {}
    const tell = (name, value) => alive(listeners[name])(value)
    socket.on('open', () => (this.online ? tell('open', {}) : socket.terminate()))
    socket.on('message', (text) => tell('message', { data: String(text) }))
    socket.on('error', () => tell('error', {}))
    socket.on('close', (number) => (this.sockets.delete(socket), tell('close', { code: number })))
    return {
      onOpen: (run) => (listeners.open = run),
      onMessage: (run) => (listeners.message = run),
      onError: (run) => (listeners.error = run),
      onClose: (run) => (listeners.close = run),
      send: ({ data, fail }) => (socket.readyState === WebSocket.OPEN ? socket.send(data) : fail?.({})),
      close: ({ code: number }) => socket.close(number),
    }
  }
}

