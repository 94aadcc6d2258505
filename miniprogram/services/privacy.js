// WeChat asks for consent to the privacy agreement before a private interface; the page in front shows our own sheet.

/** @typedef {(answer: {event: 'agree'|'disagree'|'exposureAuthorization', buttonId?: string}) => void} Resolve */

/** @type {((resolve: Resolve) => void)[]} */
const sheets = []

/** Called once, by app.js. */
export function watchPrivacy() {
  if (!wx.canIUse('onNeedPrivacyAuthorization')) return
  wx.onNeedPrivacyAuthorization((told) => {
    const resolve = /** @type {Resolve} */ (/** @type {unknown} */ (told)) // the typings take it for an object
    const show = sheets[sheets.length - 1]
    if (show) show(resolve)
    else resolve({ event: 'disagree' })
  })
}

/** A sheet that can ask; the newest one does. Returns its end. @param {(resolve: Resolve) => void} show */
export function offerSheet(show) {
  sheets.push(show)
  return () => void sheets.splice(sheets.indexOf(show), 1)
}

/** @returns {Promise<{needed: boolean, name: string}>} */
export function privacyState() {
  if (!wx.canIUse('getPrivacySetting')) return Promise.resolve({ needed: false, name: '《隐私保护指引》' })
  return new Promise((resolve) => {
    wx.getPrivacySetting({
      success: ({ needAuthorization, privacyContractName }) => resolve({ needed: needAuthorization, name: privacyContractName }),
      fail: () => resolve({ needed: false, name: '《隐私保护指引》' }),
    })
  })
}
