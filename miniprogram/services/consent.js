// The press on 微信登录 by somebody who took the consent back leads to the policy, where agreeing signs in.

import { signIn } from './auth.js'
import { go } from './ui.js'

/** @returns {Promise<import('./auth.js').Person|null>} null when the policy has to be agreed to first */
export async function signInOrAgree() {
  try {
    return await signIn()
  } catch (error) {
    if (/** @type {any} */ (error).code !== 'privacy_withdrawn') throw error
    go('/packages/me/privacy/privacy')
    return null
  }
}
