// What every page has: the elder class, the offline bar, clean-up at its end, and loads that mend themselves.

import { isOnline, onNetwork } from './network.js'
import { elder, onElder } from './theme.js'

/**
 * @typedef {object} Load
 * @property {'loading'|'ready'|'failed'} state
 * @property {any} data
 * @property {{message: string, status: number, code: string}|null} error
 */
/** @type {Load} */
export const LOADING = { state: 'loading', data: null, error: null }

/**
 * What `definePage` adds to each page.
 * @typedef {object} PageKit
 * @property {Record<string, any>} data
 * @property {(data: Record<string, any>, done?: () => void) => void} setData
 * @property {(run: () => void) => void} cleanup runs when the page goes
 * @property {(run: () => void) => void} whenShown runs each time the page is in front again
 * @property {(name: string, fetchIt: () => Promise<any>) => (quiet?: boolean) => Promise<void>} loader
 */

/** @param {any} page */
function equip(page) {
  /** @type {(() => void)[]} */
  const ends = []
  /** @type {(() => void)[]} */
  const shows = []
  /** @type {(() => void)[]} */
  const loads = []
  page.cleanup = (/** @type {() => void} */ run) => void ends.push(run)
  page.whenShown = (/** @type {() => void} */ run) => void shows.push(run)
  page.loader = (/** @type {string} */ name, /** @type {() => Promise<any>} */ fetchIt) => {
    const reload = loaderOf(page, name, fetchIt)
    loads.push(() => page.data[name]?.state === 'failed' && reload())
    return reload
  }
  page.end_ = () => ends.splice(0).forEach((run) => run())
  page.shown_ = () => shows.forEach((run) => run())
  ends.push(
    onNetwork((online) => {
      page.setData({ offline: !online })
      if (online) loads.forEach((mend) => mend())
    }),
    onElder((on) => page.setData({ elder: on })),
  )
  page.setData({ elder: elder(), offline: !isOnline() })
}

/**
 * Loads into `data[name]`; quietly it keeps what is shown; an answer that comes too late is dropped.
 * @param {any} page @param {string} name @param {() => Promise<any>} fetchIt
 */
function loaderOf(page, name, fetchIt) {
  let latest = 0
  page.cleanup(() => (latest += 1))
  return async (quiet = false) => {
    const mine = (latest += 1)
    if (!quiet) page.setData({ [`${name}.state`]: 'loading', [`${name}.error`]: null })
    try {
      const data = await fetchIt()
      if (mine === latest) page.setData({ [name]: { state: 'ready', data, error: null } })
    } catch (error) {
      if (mine !== latest || (quiet && page.data[name]?.data)) return
      const { message, status = 0, code = 'unknown' } = /** @type {any} */ (error)
      page.setData({ [name]: { state: 'failed', data: null, error: { message, status, code } } })
    }
  }
}

/** @template {Record<string, any>} T @param {T & ThisType<T & PageKit & Record<string, any>>} options */
export function definePage(options) {
  const { onLoad, onShow, onUnload } = /** @type {any} */ (options)
  Page({
    .../** @type {any} */ (options),
    data: { elder: false, offline: false, ...options.data },
    /** @param {Record<string, string>} query */
    onLoad(query) {
      equip(this)
      return onLoad?.call(this, query ?? {})
    },
    onShow() {
      /** @type {any} */ (this).shown_?.()
      return onShow?.call(this)
    },
    onUnload() {
      const page = /** @type {any} */ (this)
      onUnload?.call(page)
      page.end_?.()
    },
  })
}
