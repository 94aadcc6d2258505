// wx for the browser: real HTTP, sockets and files against the live server. A name that is missing here fails the test.

import { deviceApis } from './wx-device.js'
import { fileApis } from './wx-files.js'
import { networkApis } from './wx-network.js'
import { openApis } from './wx-open.js'
import { pageApis } from './wx-pages.js'
import { storageApis } from './wx-storage.js'
import { fault } from './world.js'

/**
 * An API in WeChat's manner: callbacks, or a promise when none is given.
 * @param {string} name @param {(options: any) => any} run
 */
const asynchronous = (name, run) => (options = {}) => {
  const answer = Promise.resolve()
    .then(() => run(options))
    .then(
      (value) => ({ ...(value && typeof value === 'object' ? value : {}), errMsg: `${name}:ok` }),
      (error) => Promise.reject({ errMsg: `${name}:fail ${error.message}`, errno: error.errno, errCode: error.errno }),
    )
  if (!options.success && !options.fail && !options.complete) return answer
  answer.then(
    (value) => (options.success?.(value), options.complete?.(value)),
    (error) => (options.fail?.(error), options.complete?.(error)),
  )
  return undefined
}

/** @param {{entered: any, pages: () => import('./pages.js').Pages}} needs */
export function createWx(needs) {
  const parts = [networkApis, fileApis, storageApis, pageApis, deviceApis, openApis].map((make) => make(needs))
  /** @type {Record<string, any>} */
  const wx = { nextTick: (run) => Promise.resolve().then(run) }
  for (const { sync, later } of parts) {
    Object.assign(wx, sync)
    for (const [name, run] of Object.entries(later)) wx[name] = asynchronous(name, run)
  }
  wx.canIUse = (what) => {
    const [name] = what.split('.')
    return name in wx || customElements.get('wx-' + name) !== undefined
  }
  return new Proxy(wx, {
    get(known, name) {
      if (name in known || typeof name === 'symbol') return known[name]
      return () => {
        fault(`wx.${name} is not known to the test renderer (miniprogram/tests/renderer/runtime)`)
        throw new Error(`wx.${name} is not a function`)
      }
    },
  })
}
