// What the parts of the runtime share: the data of the build, faults, and the person beside the phone (Python).

/** Everything that must fail the test, in order. @type {string[]} */
export const faults = []

/** Tells the test; the page goes on. @param {string} text */
export function fault(text) {
  faults.push(text)
  console.error('[mini-program] ' + text)
}

/** @type {any} of build.mjs */
export const data = {}

/** Files by their path on the phone. @type {Map<string, Blob>} */
export const files = new Map()

let fileNumber = 0
/** @param {Blob} blob @param {string} [name] */
export function keep(blob, name = '') {
  const suffix = /\.\w+$/.exec(name)?.[0] ?? '.' + (blob.type.split('/')[1] ?? 'bin').replace('jpeg', 'jpg')
  const path = `wxfile://tmp_${(fileNumber += 1)}${suffix}`
  files.set(path, blob)
  return path
}

/** The address a browser can show of a path of the mini-program. @param {string} path */
export function shown(path) {
  if (!path || /^(https?|data|blob):/.test(path)) return path
  if (path.startsWith('wxfile://')) {
    const blob = files.get(path)
    if (!blob) fault(`no such file ${path}`)
    return blob ? URL.createObjectURL(blob) : ''
  }
  return 'files/' + path.replace(/^\//, '')
}

/**
 * Asks the test: what does the person choose, which code does WeChat give…
 * @param {string} what @param {any} [about] @returns {Promise<any>}
 */
export async function ask(what, about = {}) {
  const reply = await /** @type {any} */ (window).__mpAsk(what, about)
  if (reply && reply.refused) throw Object.assign(new Error(reply.refused), { errno: reply.errno })
  return reply
}

/** @param {string} type @param {Function} listener */
const listeners = {}
export const on = (type, listener) => (listeners[type] ??= new Set()).add(listener)
export const off = (type, listener) => (listener ? listeners[type]?.delete(listener) : listeners[type]?.clear())
export const emit = (type, value) => [...(listeners[type] ?? [])].forEach((listener) => listener(value))
export const heard = (type) => (listeners[type]?.size ?? 0) > 0
