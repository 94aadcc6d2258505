// Toasts, questions and refusals, in one voice. WeChat's dialog buttons hold four characters at most.

const TOAST_HOLDS = 14

/** @param {string} text @param {'ok'|'plain'} [kind] */
export function toast(text, kind = 'plain') {
  const mark = kind === 'ok' && text.length <= 7
  wx.showToast({ title: text, icon: mark ? 'success' : 'none', duration: text.length > TOAST_HOLDS ? 3500 : 2000 })
}

/**
 * @param {{title: string, text?: string, yes: string, no?: string, danger?: boolean}} question yes, no: four characters at most
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text = '', yes, no = '取消', danger = false }) {
  return new Promise((resolve) => {
    wx.showModal({
      title,
      content: text,
      confirmText: yes,
      cancelText: no,
      confirmColor: danger ? '#AD352F' : '#0047BD',
      success: ({ confirm: pressed }) => resolve(pressed),
      fail: () => resolve(false),
    })
  })
}

/** A sentence to read, with one button. @param {string} title @param {string} [text] */
export function tell(title, text = '') {
  return new Promise((resolve) => {
    wx.showModal({ title, content: text, showCancel: false, confirmText: '知道了', complete: () => resolve(undefined) })
  })
}

/** What went wrong, in words for the person. @param {any} error */
export function errorText(error) {
  return error?.message && /[\u4e00-\u9fff]/.test(error.message) ? error.message : '操作没有成功，请稍后重试'
}

/**
 * Runs a command; a refusal is told and gives undefined.
 * @template T @param {() => Promise<T>} command @param {string} [done] told when it worked
 * @returns {Promise<T|undefined>}
 */
export async function attempt(command, done) {
  try {
    const result = await command()
    if (done) toast(done, 'ok')
    return result
  } catch (error) {
    const text = errorText(error)
    if (text.length > TOAST_HOLDS) await tell('没有成功', text)
    else toast(text)
    return undefined
  }
}

/**
 * Opens a page, replacing the present one when the stack is full (ten pages).
 * @param {string} url
 */
export function go(url) {
  if (/^\/pages\//.test(url)) return wx.switchTab({ url })
  if (getCurrentPages().length >= 9) return wx.redirectTo({ url })
  return wx.navigateTo({ url })
}

/** Back to where one came from, or to `fallback` when this page was opened by a link. @param {string} [fallback] */
export function back(fallback = '/pages/home/home') {
  if (getCurrentPages().length > 1) return wx.navigateBack({ delta: 1 })
  return wx.reLaunch({ url: fallback })
}
