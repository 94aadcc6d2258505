// Where the server is. A release knows one host; only development and trial builds can be pointed elsewhere.

import { HOSTS } from './hosts.js'

const OVERRIDE = 'shipinban.base'

/** @returns {'develop'|'trial'|'release'} */
export function envVersion() {
  try {
    return wx.getAccountInfoSync().miniProgram.envVersion
  } catch {
    return 'release'
  }
}

/** @returns {string} */
function chosen() {
  const env = envVersion()
  const ext = (wx.getExtConfigSync && wx.getExtConfigSync()) || {}
  if (env !== 'release') {
    const stored = wx.getStorageSync(OVERRIDE)
    if (stored) return stored
  }
  return /** @type {any} */ (ext).base || HOSTS[env] || HOSTS.release
}

let base = ''

/** https://host, without a slash at the end. @returns {string} */
export function baseUrl() {
  base = base || chosen().replace(/\/+$/, '')
  return base
}

/** wss://host @returns {string} */
export const socketBase = () => baseUrl().replace(/^http/, 'ws')

/** The full address of a path of ours; an address that is already whole stays. @param {string} path @returns {string} */
export const address = (path) => (/^https?:\/\//.test(path) ? path : baseUrl() + path)

/** Forgets the host that was read, for tests that move it. */
export function forgetBase() {
  base = ''
}
