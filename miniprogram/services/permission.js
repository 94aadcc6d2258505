// Every refusal leads on: to WeChat's settings or the phone's, to the privacy agreement, or to another way of doing it.

import { confirm, go, tell } from './ui.js'

/** @type {Record<string, string>} */
const NAMES = {
  'scope.camera': '摄像头',
  'scope.record': '麦克风',
  'scope.writePhotosAlbum': '保存到相册',
  'scope.address': '通讯地址',
  'scope.addPhoneCalendar': '日历',
}
const PRIVACY_REFUSED = 104
const PRIVACY_UNDECLARED = 112

/** @param {any} error a failure of a wx call @returns {'cancelled'|'privacy'|'undeclared'|'denied'|'phone'|'other'} phone: it keeps this from WeChat itself */
export function reasonOf(error) {
  const text = String(error?.errMsg ?? error?.message ?? '')
  if (error?.errno === PRIVACY_REFUSED || /privacy permission/.test(text)) return 'privacy'
  if (error?.errno === PRIVACY_UNDECLARED || /api scope is not declared/.test(text)) return 'undeclared'
  if (/system permission/i.test(text)) return 'phone'
  if (/auth den|authorize no response|permission den/i.test(text)) return 'denied'
  if (/cancel/i.test(text)) return 'cancelled'
  return 'other'
}

/** @param {string} scope @returns {Promise<boolean>} true when it is on afterwards */
function openSetting(scope) {
  return new Promise((resolve) => {
    wx.openSetting({
      success: ({ authSetting }) => resolve(/** @type {any} */ (authSetting)[scope] === true),
      fail: () => resolve(false),
    })
  })
}

/**
 * Tells what to do after a failed wx call.
 * @param {any} error
 * @param {{scope?: string, what: string, instead?: string}} about what: 拍摄材料; instead: another way, as a sentence
 * @returns {Promise<boolean>} true when it may be tried again now
 */
export async function mend(error, { scope = '', what, instead = '' }) {
  const reason = reasonOf(error)
  if (reason === 'cancelled') return false
  if (reason === 'privacy') {
    const yes = await confirm({ title: '需要您同意隐私保护指引', text: `同意后才能${what}。${instead}`, yes: '去查看', no: '暂不' })
    if (yes) go('/packages/me/privacy/privacy')
    return false
  }
  if (reason === 'denied' && scope) {
    const name = NAMES[scope] ?? '权限'
    const yes = await confirm({ title: `未开启${name}权限`, text: `请在设置中打开“${name}”，才能${what}。${instead}`, yes: '去设置', no: '暂不' })
    return yes ? openSetting(scope) : false
  }
  if (reason === 'phone' && wx.canIUse('openAppAuthorizeSetting')) {
    const text = `请在手机的设置中允许微信使用所需的权限，再试一次。${instead}`
    if (await confirm({ title: `手机不允许微信${what}`, text, yes: '去设置', no: '暂不' })) wx.openAppAuthorizeSetting({ fail() {} })
    return false
  }
  await tell(`暂时不能${what}`, instead || '请稍后重试，或改用电脑办理。')
  return false
}

/**
 * Runs a wx call that needs a permission; after a refusal that was mended it runs once more.
 * @template T @param {() => Promise<T>} run @param {{scope?: string, what: string, instead?: string}} about
 * @returns {Promise<T|undefined>} undefined when the person went another way
 */
export async function permitted(run, about) {
  try {
    return await run()
  } catch (error) {
    if (!(await mend(error, about))) return undefined
    return run().catch(() => undefined)
  }
}
