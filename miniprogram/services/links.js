// Every QR of ours is a plain https address, or a mini-program code with a scene of `<letter>=<id>` (32 characters at most).

/** @typedef {(id: string) => string} Target */

/** @param {string} path of the web, to be opened in the web-view */
const onTheWeb = (path) => `/packages/session/call/call?path=${encodeURIComponent(path)}`

/** @type {[RegExp, (parts: string[]) => string][]} */
const PATHS = [
  [/^\/m\/scan\/([\w-]+)$/, ([, token]) => `/packages/me/scan/scan?token=${token}`],
  [/^\/m\/session\/(\w+)$/, ([, id]) => `/packages/session/room/room?id=${id}`],
  [/^\/m\/gate\/(\w+)$/, ([, id]) => `/packages/session/gate/gate?id=${id}`],
  [/^\/m\/items\/(\w+)\/book$/, ([, id]) => `/packages/book/slots/slots?id=${id}`],
  [/^\/m\/items(?:\/(\w+))?$/, ([, id]) => (id ? `/packages/book/item/item?id=${id}` : '/packages/book/items/items')],
  [/^\/m\/bookings$/, () => '/pages/bookings/bookings'],
  [/^\/m\/me$/, () => '/pages/me/me'],
  [/^\/m\/notices$/, () => '/packages/me/notices/notices'],
  [/^\/(?:s|h|m\/h)\/[\w-]+$/, ([path]) => onTheWeb(path)],
  [/^\/m\/?$/, () => '/pages/home/home'],
]

/** @type {Record<string, Target>} */
const SCENES = {
  i: (id) => `/packages/book/item/item?id=${id}`,
  b: (id) => `/packages/session/gate/gate?id=${id}`,
  s: (id) => `/packages/session/room/room?id=${id}`,
  p: (id) => `/packages/me/scan/scan?token=${id}`,
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The page of an address of ours; null for any other. @param {string} link @param {string} base https://host */
export function pageOfLink(link, base) {
  const start = base.replace(/\/+$/, '')
  if (!link.startsWith(start + '/')) return null
  const path = link.slice(start.length).split(/[?#]/)[0]
  for (const [pattern, page] of PATHS) {
    const parts = pattern.exec(path)
    if (parts) return page(parts)
  }
  return null
}

/** @param {string} scene @returns {string|null} */
export function pageOfScene(scene) {
  const parts = /^([a-z])=([\w-]+)$/.exec(decoded(scene))
  return parts && SCENES[parts[1]] ? SCENES[parts[1]](parts[2]) : null
}

/**
 * Where the app should open: `query.q` is the scanned address, `query.scene` that of a mini-program code.
 * @param {Record<string, any>} query @param {string} base @returns {string|null}
 */
export function pageOf(query, base) {
  if (query?.q) return pageOfLink(decoded(query.q), base)
  if (query?.scene) return pageOfScene(query.scene)
  return null
}
