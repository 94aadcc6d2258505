// The person's consent: to a permission of the phone, and to the privacy guide before the first API that needs it.

import { lastTap } from './events.js'
import { ask, emit, fault, heard } from './world.js'

const AGREED = 'mpconsent:privacy'

export const agreed = () => localStorage.getItem(AGREED) === '1'
export const agree = () => localStorage.setItem(AGREED, '1')

const denied = (text, errno) => Object.assign(new Error(text), { errno })

/** Waits for the app's own privacy sheet, or for WeChat's when it has none. @param {string} api */
export async function privacy(api) {
  if (agreed()) return
  if (!heard('privacy')) {
    if (!(await ask('privacy', { api }))) throw denied('privacy permission is not authorized', 104)
    return agree()
  }
  const { event } = await new Promise((resolve) => emit('privacy', { resolve, info: { referrer: api } }))
  if (event === 'disagree') throw denied('privacy permission is not authorized', 104)
  agree()
}

/** @param {string} scope like scope.camera */
export async function permitted(scope) {
  if (!(await ask('permission', { scope }))) throw denied('auth deny', 103)
}

/** Some APIs work only from a tap. @param {string} api */
export function tapped(api) {
  if (Date.now() - lastTap.at > 2000) fault(`${api} without a tap just before`)
}
