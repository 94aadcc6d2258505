// Consent to WeChat notices, asked at the taps where it helps: after booking, entering the line, in the session.
// The dialog must open inside the tap, so the templates are fetched beforehand. One accept = one notice.

import { api } from './api.js'

/** @typedef {'booked'|'queue'|'session'} Moment */
/** @type {Map<Moment, string[]>} */
const ready = new Map()

/** Fetches what may be asked at this moment; a fault leaves nothing to ask. @param {Moment} moment */
export async function prepareNotices(moment) {
  try {
    const { items } = await api.get('/notice/templates', { moment })
    ready.set(moment, /** @type {any[]} */ (items).map((one) => one.template_id).slice(0, 3))
  } catch {
    ready.delete(moment)
  }
}

/**
 * Asks inside a tap. Never rejects: refusing a notice must not stop the business.
 * @param {Moment} moment
 * @returns {Promise<'accepted'|'refused'|'off'|'none'>} off: notices are switched off in WeChat's settings
 */
export function askNotices(moment) {
  const tmplIds = ready.get(moment) ?? []
  if (!tmplIds.length || !wx.canIUse('requestSubscribeMessage')) return Promise.resolve('none')
  return new Promise((resolve) => {
    wx.requestSubscribeMessage({
      tmplIds,
      success: (answer) => {
        const results = Object.fromEntries(tmplIds.filter((id) => id in answer).map((id) => [id, /** @type {any} */ (answer)[id]]))
        api.post('/notice/consents', { results }).catch(() => {})
        resolve(Object.values(results).includes('accept') ? 'accepted' : 'refused')
      },
      fail: ({ errCode }) => resolve(errCode === 20004 ? 'off' : 'none'),
    })
  })
}
