// Materials on their way: one after the other, kept over the end of the app with their files, going on by themselves
// when the phone, the network or the app comes back. Guide rows S26, S41.

import { ApiError } from '../shared/api.js'
import { api } from './api.js'
import { dropFile, stillThere } from './choose.js'
import { onWake } from './network.js'
import { errorText } from './ui.js'

const STORE = 'shipinban.uploads.'

/**
 * @typedef {object} Going
 * @property {string} material
 * @property {string} path
 * @property {string} name
 * @property {number} size
 * @property {number} progress 0…100
 * @property {string} fault why it stands still; empty while it goes or waits its turn
 * @property {boolean} waits no answer came: it goes on by itself
 */
/** @typedef {{add: (material: string, file: {path: string, name: string, size: number}) => void, retry: (material: string) => void, drop: (material: string) => void, list: () => Going[], watch: (tell: (list: Going[]) => void) => () => void, resume: () => void}} Uploads */

/** @param {string} sessionId @returns {Uploads} */
function createUploads(sessionId) {
  const key = STORE + sessionId
  /** @type {Going[]} */
  let list = (wx.getStorageSync(key) || []).map((/** @type {Going} */ one) => ({ ...one, progress: 0, fault: '', waits: false }))
  /** @type {Set<(list: Going[]) => void>} */
  const watchers = new Set()
  let running = false

  const tell = () => watchers.forEach((run) => run(list))
  function keep() {
    if (list.length) wx.setStorageSync(key, list)
    else wx.removeStorageSync(key)
    tell()
  }
  /** @param {Going} one @param {Partial<Going>} change */
  function mark(one, change) {
    list = list.map((other) => (other.path === one.path ? { ...other, ...change } : other))
  }
  /** @param {Going} one */
  function remove(one) {
    list = list.filter((other) => other.path !== one.path)
    dropFile(one.path)
    keep()
  }

  /** @param {Going} one */
  async function send(one) {
    if (!(await stillThere(one.path))) {
      mark(one, { fault: '文件已不在手机上，请移除后重新选择' })
      return keep()
    }
    try {
      await api.uploadMaterial(one.material, one.path, (sent, total) => {
        const progress = total ? Math.floor((sent / total) * 20) * 5 : 0
        if (progress === list.find((other) => other.path === one.path)?.progress) return
        mark(one, { progress })
        tell()
      })
      remove(one)
    } catch (error) {
      const waits = error instanceof ApiError && error.transient
      mark(one, { fault: waits ? '网络不太顺畅，恢复后自动续传' : errorText(error), waits })
      keep()
    }
  }

  async function run() {
    if (running) return
    running = true
    for (let next = list.find((one) => !one.fault); next; next = list.find((one) => !one.fault)) await send(next)
    running = false
  }

  onWake(() => resume())
  function resume() {
    list = list.map((one) => (one.waits ? { ...one, fault: '', waits: false } : one))
    tell()
    run()
  }

  return {
    add(material, { path, name, size }) {
      list.filter((one) => one.material === material && one.fault).forEach(remove)
      list = [...list, { material, path, name, size, progress: 0, fault: '', waits: false }]
      keep()
      run()
    },
    retry(material) {
      list = list.map((one) => (one.material === material ? { ...one, fault: '', waits: false } : one))
      keep()
      run()
    },
    drop(material) {
      list.filter((one) => one.material === material && one.fault).forEach(remove)
    },
    list: () => list,
    watch(run_) {
      watchers.add(run_)
      run_(list)
      return () => watchers.delete(run_)
    },
    resume,
  }
}

/** @type {Map<string, Uploads>} */
const known = new Map()

/** The uploads of a session, the same for every page. @param {string} sessionId */
export function uploadsOf(sessionId) {
  const uploads = known.get(sessionId) ?? createUploads(sessionId)
  known.set(sessionId, uploads)
  return uploads
}
