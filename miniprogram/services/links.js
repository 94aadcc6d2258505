// Every QR of ours is a plain https address. An item has a mini-program code besides, with the scene `i=<id>`
// (backend/catalog/admin.py makes it).

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

/** The item of a mini-program code; null for any other scene. @param {string} scene @returns {string|null} */
export function pageOfScene(scene) {
  const item = /^i=(\w+)$/.exec(decoded(scene))
  return item ? `/packages/book/item/item?id=${item[1]}` : null
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
