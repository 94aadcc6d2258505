// Is the phone online, and did it come back: told to whoever asks.

/** @type {Set<(online: boolean) => void>} */
const listeners = new Set()
/** @type {Set<() => void>} */
const wakers = new Set()
let online = true

/** @param {boolean} next */
function become(next) {
  const back = next && !online
  online = next
  listeners.forEach((tell) => tell(next))
  if (back) wake()
}

function wake() {
  wakers.forEach((run) => run())
}

/** Called once, by app.js. */
export function watchNetwork() {
  wx.getNetworkType({ success: ({ networkType }) => become(networkType !== 'none') })
  wx.onNetworkStatusChange(({ isConnected }) => become(isConnected))
}

/** The app came to the front. */
export const cameBack = wake

export const isOnline = () => online

/** Told at each change; returns its end. @param {(online: boolean) => void} tell */
export function onNetwork(tell) {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

/** Runs when the app is in front again or the network is back; returns its end. @param {() => void} run */
export function onWake(run) {
  wakers.add(run)
  return () => wakers.delete(run)
}
