// One live session for all pages that show it: the chat, the waiting page and the papers share one socket,
// so that no page of this phone pushes another one out. Guide rows S40–S46.

import { createSession } from '../shared/session.js'
import { api, newKey } from './api.js'
import { onWake } from './network.js'
import { outboxOf } from './outbox.js'
import { connect } from './socket.js'

/** @typedef {import('../shared/session.js').Session} Session */
/** @typedef {import('../shared/session.js').SessionState} SessionState */

export const ENDPOINT = 'applicant-phone'
const LINGER_MS = 3_000 // from one page to the next

/**
 * @typedef {object} Shared
 * @property {Session} session
 * @property {Set<(state: SessionState) => void>} listeners
 * @property {() => void} unwake
 * @property {ReturnType<typeof setTimeout>|undefined} lingering
 */
/** @type {Map<string, Shared>} */
const open = new Map()

/** @param {string} id @returns {Shared} */
function start(id) {
  /** @type {Shared['listeners']} */
  const listeners = new Set()
  const session = createSession({
    id,
    endpoint: ENDPOINT,
    api,
    connect,
    newKey,
    outbox: outboxOf(id),
    onChange: (state) => listeners.forEach((tell) => tell(state)),
  })
  const shared = { session, listeners, unwake: onWake(() => session.wake()), lingering: undefined }
  open.set(id, shared)
  session.start()
  return shared
}

/** @param {string} id @param {Shared} shared */
function stop(id, shared) {
  open.delete(id)
  shared.unwake()
  shared.session.stop()
}

/**
 * Joins the session's live state; it stops when the last page has gone.
 * @param {string} id @param {(state: SessionState) => void} tell told at once and at each change
 * @returns {{session: Session, leave: () => void}}
 */
export function joinSession(id, tell) {
  const shared = open.get(id) ?? start(id)
  clearTimeout(shared.lingering)
  shared.listeners.add(tell)
  tell(shared.session.state)
  return {
    session: shared.session,
    leave() {
      shared.listeners.delete(tell)
      if (shared.listeners.size) return
      clearTimeout(shared.lingering)
      shared.lingering = setTimeout(() => shared.listeners.size || stop(id, shared), LINGER_MS)
    },
  }
}

/** The same without sending what did not change. @param {Record<string, any>} before @param {Record<string, any>} after */
export function changes(before, after) {
  /** @type {Record<string, any>} */
  const out = {}
  for (const key of Object.keys(after)) {
    if (before[key] !== after[key] && JSON.stringify(before[key]) !== JSON.stringify(after[key])) out[key] = after[key]
  }
  return out
}

/**
 * Binds a session to a page made with `definePage`: what `select` returns is set on the page, only where it changed, once
 * for a burst of events. Ends with the page. Back from elsewhere (the call's web-view), the socket is taken back.
 * @param {any} page @param {string} id @param {(state: SessionState) => Record<string, any>} select
 * @returns {Session}
 */
export function bindSession(page, id, select) {
  /** @type {SessionState|null} */
  let latest = null
  let planned = false
  let gone = false
  const paint = () => {
    planned = false
    if (gone || !latest) return
    const fresh = changes(page.data, select(latest))
    if (Object.keys(fresh).length) page.setData(fresh)
  }
  const { session, leave } = joinSession(id, (state) => {
    latest = state
    if (planned) return
    planned = true
    setTimeout(paint, 16)
  })
  page.cleanup(() => {
    gone = true
    leave()
  })
  page.whenShown(() => {
    if (session.socket.state === 'replaced') session.socket.start()
    else session.wake()
  })
  return session
}
