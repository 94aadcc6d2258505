// A scanned code opens its page, once, as soon as there is a page to come from.

import { baseUrl } from './config.js'
import { pageOf } from './links.js'

let waiting = ''
let followed = ''

/** What WeChat handed to the app. @param {Record<string, any>} query */
export function arrive(query) {
  const mark = query?.q || query?.scene || ''
  if (!mark || mark === followed) return
  followed = mark
  waiting = pageOf(query, baseUrl()) ?? ''
  if (getCurrentPages().length) follow()
}

/** Goes where the code leads, if one is waiting; called by the first page and by the app. */
export function follow() {
  const url = waiting
  waiting = ''
  if (!url) return
  if (url.startsWith('/pages/')) wx.switchTab({ url })
  else wx.navigateTo({ url })
}
