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

/** Refused for good, here or in WeChat's settings: then no dialog opens any more. @param {string[]} ids @returns {Promise<boolean>} */
const refusedForGood = (ids) =>
  new Promise((resolve) => {
    wx.getSetting({
      withSubscriptions: true,
      success: ({ subscriptionsSetting: { mainSwitch = true, itemSettings = {} } = /** @type {any} */ ({}) }) =>
        resolve(!mainSwitch || ids.every((id) => /** @type {any} */ (itemSettings)[id] === 'reject')),
      fail: () => resolve(false),
    })
  })

/**
 * Asks inside a tap. Never rejects: refusing a notice must not stop the business.
 * @param {Moment} moment
 * @returns {Promise<'accepted'|'refused'|'off'|'none'>} off: only WeChat's settings can switch them on again
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
        if (Object.values(results).includes('accept')) resolve('accepted')
        else refusedForGood(tmplIds).then((off) => resolve(off ? 'off' : 'refused'))
      },
      fail: ({ errCode }) => resolve(errCode === 20004 ? 'off' : 'none'),
    })
  })
}
