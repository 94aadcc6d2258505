// My notices: a row as it is drawn, where it leads, how many are new. The consents to be told are in notices.js.

import { serverNow } from '../shared/clock.js'
import { momentText } from '../shared/words.js'
import { api } from './api.js'
import { go } from './ui.js'

const MOST_SHOWN = 99

/** @typedef {import('../shared/types.js').Notice} Notice */

/** @param {Notice} notice */
export const noticeRow = ({ id, kind, title, text, at, read, target }) => ({
  id,
  kind,
  title,
  text,
  at: momentText(at, serverNow()),
  read,
  target,
})

/** How many are new, as a badge has room for it; nothing when none is. @param {number} count */
export const badgeText = (count) => (count > MOST_SHOWN ? `${MOST_SHOWN}+` : count ? String(count) : '')

/** The page that a notice is about. @param {Notice['target']} target */
export function pageOfNotice({ page, id }) {
  if (page === 'session' && id) return `/packages/session/room/room?id=${id}`
  if (page === 'rating' && id) return `/packages/papers/rating/rating?id=${id}`
  return '/pages/bookings/bookings'
}

/** @param {{target: Notice['target']}} row */
export const openNotice = ({ target }) => go(pageOfNotice(target))

/** A badge is a help: without an answer there is none. @returns {Promise<string>} */
export const unreadBadge = () =>
  api.notices().then(
    ({ unread }) => badgeText(unread),
    () => '',
  )
