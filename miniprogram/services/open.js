// 未完成业务重新连接: from a booking or a session to the page where it stands. Guide rows S45, S46.

import { api } from './api.js'
import { attempt, go } from './ui.js'

/** @type {Record<string, string>} */
const PAGES = {
  waiting: '/packages/session/wait/wait',
  ringing: '/packages/session/wait/wait',
  suspended: '/packages/session/wait/wait',
}

/** Where a session in this state is shown. @param {string} state @param {string} id */
export const pageOfSession = (state, id) => `${PAGES[state] ?? '/packages/session/room/room'}?id=${id}`

/**
 * Opens the session; a suspended one is connected again first. Undefined when it was refused (and told).
 * @param {string} id @param {string} [state] as the list said; else it is looked up
 */
export async function reconnect(id, state) {
  const now = state ?? (await attempt(() => api.view(id)))?.state
  if (!now) return undefined
  if (now !== 'suspended') return go(pageOfSession(now, id))
  const view = await attempt(() => api.reconnect(id))
  return view && go(pageOfSession(view.state ?? 'waiting', id))
}
