// 长辈模式: larger type and touch targets everywhere, remembered on this phone. Dark mode is the stylesheet's own matter.

const STORE = 'shipinban.elder'
/** @type {Set<(on: boolean) => void>} */
const listeners = new Set()
/** @type {boolean|null} */
let on = null

/** @returns {boolean} */
export function elder() {
  on = on ?? wx.getStorageSync(STORE) === '1'
  return on
}

/** @param {boolean} next */
export function setElder(next) {
  on = next
  wx.setStorageSync(STORE, next ? '1' : '0')
  listeners.forEach((tell) => tell(next))
}

/** Told at each change; returns its end. @param {(on: boolean) => void} tell */
export function onElder(tell) {
  listeners.add(tell)
  return () => listeners.delete(tell)
}
