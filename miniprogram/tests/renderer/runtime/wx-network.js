// wx.request, uploadFile, downloadFile, connectSocket and the state of the network.

import { emit, fault, files, keep, off, on } from './world.js'

const REQUESTS_AT_ONCE = 10
const SOCKETS_AT_ONCE = 5

/** Our page and the server share an origin: the host in the address is the one of getExtConfigSync. @param {string} url */
function real(url) {
  if (!/^(https?|wss?):\/\//.test(url)) {
    fault(`"${url}" is no full address: WeChat refuses it`)
    throw new Error('invalid url')
  }
  const { host } = new URL(url)
  if (host !== location.host) fault(`${host} is not the server of this test`)
  return url
}

let running = 0
function under(task) {
  running += 1
  if (running > REQUESTS_AT_ONCE) fault(`${running} requests at once; WeChat allows ${REQUESTS_AT_ONCE}`)
  return () => (running -= 1)
}

const headersOf = (text) => Object.fromEntries(text.trim().split(/\r?\n/).filter(Boolean).map((line) => line.split(/:\s*(.*)/s).slice(0, 2)))

/** What wx.request can send: PATCH is not among them. */
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']

/** One exchange through XMLHttpRequest, which tells progress and can be aborted; no cookies, as in WeChat. */
function exchange(name, options, { body, type, method = 'GET', result }) {
  const xhr = new XMLHttpRequest()
  const progress = new Set()
  const heads = new Set()
  let aborted = false
  const settle = (how, value) => {
    options[how]?.(value)
    options.complete?.(value)
  }
  const fail = (why) => settle('fail', { errMsg: `${name}:fail ${why}`, errno: 600001 })
  let url
  try {
    url = real(options.url)
  } catch (error) {
    setTimeout(() => fail(error.message))
    return { abort() {} }
  }
  const done = under(name)
  xhr.open(method, url)
  xhr.responseType = type
  xhr.timeout = options.timeout ?? 60_000
  for (const [key, value] of Object.entries(options.header ?? {})) {
    if (body instanceof FormData && key.toLowerCase() === 'content-type') continue
    if (value !== undefined && value !== null) xhr.setRequestHeader(key, String(value))
  }
  const tell = (event) => {
    const about = { progress: Math.round((100 * event.loaded) / (event.total || 1)) }
    const names = body instanceof FormData ? ['totalBytesSent', 'totalBytesExpectedToSend'] : ['totalBytesWritten', 'totalBytesExpectedToWrite']
    progress.forEach((listener) => listener({ ...about, [names[0]]: event.loaded, [names[1]]: event.total }))
  }
  if (body instanceof FormData) xhr.upload.onprogress = tell
  else xhr.onprogress = tell
  xhr.onload = () => {
    const header = headersOf(xhr.getAllResponseHeaders())
    heads.forEach((listener) => listener({ header }))
    settle('success', { ...result(xhr, header), statusCode: xhr.status, header, cookies: [], errMsg: `${name}:ok` })
  }
  xhr.onerror = () => fail('net::ERR_CONNECTION')
  xhr.ontimeout = () => fail('timeout')
  xhr.onabort = () => aborted && fail('abort')
  xhr.onloadend = done
  xhr.send(body ?? null)
  return {
    abort: () => ((aborted = true), xhr.abort()),
    onProgressUpdate: (listener) => progress.add(listener),
    offProgressUpdate: (listener) => progress.delete(listener),
    onHeadersReceived: (listener) => heads.add(listener),
    offHeadersReceived: (listener) => heads.delete(listener),
  }
}

function request(options) {
  const method = (options.method ?? 'GET').toUpperCase()
  if (!METHODS.includes(method)) fault(`wx.request knows no ${method}`)
  const sent = { ...options, header: { 'content-type': 'application/json', ...lower(options.header) } }
  let body = options.data
  if (method === 'GET' && body && typeof body === 'object') {
    const query = new URLSearchParams(body).toString()
    if (query) sent.url += (sent.url.includes('?') ? '&' : '?') + query
    body = undefined
  }
  if (body && typeof body === 'object' && !(body instanceof ArrayBuffer)) body = JSON.stringify(body)
  const binary = options.responseType === 'arraybuffer'
  const result = (xhr) => ({ data: binary ? xhr.response : decoded(xhr.response, options.dataType ?? 'json') })
  return exchange('request', sent, { body: method === 'GET' ? undefined : body, method, type: binary ? 'arraybuffer' : 'text', result })
}

const lower = (header = {}) => Object.fromEntries(Object.entries(header).map(([name, value]) => [name.toLowerCase(), value]))

function decoded(text, dataType) {
  if (dataType !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function uploadFile(options) {
  const file = files.get(options.filePath)
  if (!file) fault(`uploadFile: no such file ${options.filePath}`)
  const form = new FormData()
  for (const [name, value] of Object.entries(options.formData ?? {})) form.append(name, String(value))
  form.append(options.name, file ?? new Blob(), file?.['name'] || options.filePath.split('/').pop())
  return exchange('uploadFile', options, { body: form, method: 'POST', type: 'text', result: (xhr) => ({ data: xhr.response }) })
}

function downloadFile(options) {
  const result = (xhr) => {
    if (options.filePath) files.set(options.filePath, xhr.response)
    const path = options.filePath ?? keep(xhr.response)
    return { tempFilePath: path, ...(options.filePath ? { filePath: path } : {}), dataLength: xhr.response.size }
  }
  return exchange('downloadFile', options, { type: 'blob', result })
}

/** @type {Set<any>} */
const sockets = new Set()

function connectSocket(options) {
  if (sockets.size >= SOCKETS_AT_ONCE) fault(`more than ${SOCKETS_AT_ONCE} sockets`)
  const socket = new WebSocket(real(options.url), options.protocols)
  socket.binaryType = 'arraybuffer'
  sockets.add(socket)
  setTimeout(() => options.success?.({ errMsg: 'connectSocket:ok' }))
  const listeners = { open: [], close: [], error: [], message: [] }
  const tell = (name, value) => listeners[name].forEach((listener) => listener(value))
  let over = false
  const end = (code, reason) => {
    if (over) return
    over = true
    sockets.delete(socket)
    tell('close', { code, reason })
  }
  socket.onopen = () => tell('open', { header: {} })
  socket.onmessage = ({ data }) => tell('message', { data })
  socket.onerror = () => tell('error', { errMsg: 'connectSocket:fail' })
  socket.onclose = ({ code, reason }) => end(code, reason)
  socket['cut'] = () => (socket.close(), end(1006, 'interrupted'))
  const task = {
    send({ data, success, fail, complete }) {
      const ok = socket.readyState === WebSocket.OPEN && !over
      if (ok) socket.send(data)
      const told = { errMsg: ok ? 'sendSocketMessage:ok' : 'sendSocketMessage:fail SocketTask.readyState is not OPEN' }
      setTimeout(() => ((ok ? success : fail)?.(told), complete?.(told)))
    },
    close({ code = 1000, reason = '', success, complete } = {}) {
      socket.close(code === 1000 || (code >= 3000 && code < 5000) ? code : 1000, reason)
      setTimeout(() => (success?.({ errMsg: 'closeSocket:ok' }), complete?.({ errMsg: 'closeSocket:ok' })))
    },
    get readyState() {
      return socket.readyState
    },
    CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3,
  }
  for (const name of Object.keys(listeners)) {
    const title = name[0].toUpperCase() + name.slice(1)
    task['on' + title] = (listener) => listeners[name].push(listener)
    task['off' + title] = (listener) => (listeners[name] = listener ? listeners[name].filter((one) => one !== listener) : [])
  }
  return task
}

/** What a phone does to sockets: in the background, or when the network goes. */
export const cutSockets = () => [...sockets].forEach((socket) => socket.cut())

const network = () => ({ isConnected: navigator.onLine, networkType: navigator.onLine ? 'wifi' : 'none' })

/** @param {any} _needs */
export function networkApis(_needs) {
  Object.assign(window['__mp'], { cutSockets, socketCount: () => sockets.size })
  for (const name of ['online', 'offline']) window.addEventListener(name, () => emit('network', network()))
  return {
    sync: {
      request, uploadFile, downloadFile, connectSocket,
      onNetworkStatusChange: (listener) => on('network', listener),
      offNetworkStatusChange: (listener) => off('network', listener),
      onNetworkWeakChange: (listener) => on('weak', listener),
      offNetworkWeakChange: (listener) => off('weak', listener),
    },
    later: { getNetworkType: () => ({ ...network(), hasSystemProxy: false, signalStrength: 0 }) },
  }
}
