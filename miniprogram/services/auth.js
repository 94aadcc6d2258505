// Who is signed in. WeChat signs in silently (wx.login); the refresh token is kept, the access token lives in memory.
// Guide row S34; the contract's sections 1.1 and 6.

import { ApiError } from '../shared/api.js'
import { send } from './request.js'

const REFRESH = 'shipinban.refresh'
const SIGNED_OUT = 'shipinban.signed-out'
const MARGIN_MS = 30_000

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {string|null} [masked_name]
 * @property {string|null} [masked_phone]
 * @property {string|null} [masked_id_number]
 * @property {number|null} [real_name_level]
 * @property {'given'|'needed'|'withdrawn'|null} [privacy] consent to the privacy policy
 */

/** @type {Person|null} */
let person = null
let access = ''
let expiresAt = 0
/** @type {Promise<void>|null} */
let renewing = null
/** @type {Set<(person: Person|null) => void>} */
const listeners = new Set()

/** @param {any} tokens @returns {Person} */
export function adopt(tokens) {
  access = tokens.access_token
  expiresAt = Date.now() + tokens.expires_in * 1000
  if (tokens.refresh_token) wx.setStorageSync(REFRESH, tokens.refresh_token)
  wx.removeStorageSync(SIGNED_OUT)
  return update(tokens.user)
}

/** @param {Person} next @returns {Person} */
export function update(next) {
  person = next
  listeners.forEach((tell) => tell(person))
  return next
}

function forget() {
  access = ''
  expiresAt = 0
  person = null
  wx.removeStorageSync(REFRESH)
  listeners.forEach((tell) => tell(null))
}

/** @param {string} path @param {any} body @param {Record<string, string>} [headers] @returns {Promise<any>} */
async function post(path, body, headers = {}) {
  const reply = await send({ method: 'POST', path, body, headers }).catch(() => {
    throw new ApiError(0, 'offline', '网络不太顺畅，请检查网络后重试')
  })
  if (reply.status < 400) return reply.body
  const error = reply.body?.error
  throw new ApiError(reply.status, error?.code ?? `http_${reply.status}`, error?.message ?? '登录没有成功，请稍后重试', error?.details)
}

/** @returns {Promise<string>} */
const loginCode = () =>
  new Promise((resolve, reject) => {
    wx.login({
      timeout: 10_000,
      success: ({ code }) => (code ? resolve(code) : reject(new ApiError(0, 'wechat_login', '微信登录没有成功，请重试'))),
      fail: () => reject(new ApiError(0, 'wechat_login', '微信登录没有成功，请检查网络后重试')),
    })
  })

/** @param {string} [consent] the version of the privacy policy that was agreed to just now */
async function signInByWechat(consent) {
  const code = await loginCode()
  adopt(await post('/api/auth/wechat/code', { code, entry: 'mp', ...(consent ? { privacy: consent } : {}) }))
}

async function renewOnce() {
  const refresh = wx.getStorageSync(REFRESH)
  if (refresh) {
    try {
      adopt(await post('/api/auth/refresh', { refresh_token: refresh }))
      return
    } catch (error) {
      if (!(error instanceof ApiError) || error.transient || error.status === 429) throw error
      wx.removeStorageSync(REFRESH)
    }
  }
  if (signedOut()) throw new ApiError(401, 'signed_out', '您已退出登录，请登录后继续')
  await signInByWechat()
}

/** A fresh login, one at a time. Rejects with what the page can show. */
export function renew() {
  renewing = renewing ?? renewOnce().finally(() => (renewing = null))
  return renewing
}

/** After 退出登录 nobody is signed in again without a press. */
export const signedOut = () => wx.getStorageSync(SIGNED_OUT) === '1'

/** The access token as it is now, without asking anyone. */
export const heldToken = () => access

/** A token that is still good. Rejects when nobody can be signed in now. */
export async function token() {
  if (!access || Date.now() > expiresAt - MARGIN_MS) await renew()
  return access
}

/** @returns {Person|null} */
export const who = () => person

/** Signs in silently, unless the person signed out. @returns {Promise<Person|null>} */
export async function restore() {
  if (signedOut() && !wx.getStorageSync(REFRESH)) return null
  await token()
  return person
}

/** The press on 微信登录. @param {string} [consent] version of the privacy policy, agreed to @returns {Promise<Person|null>} */
export async function signIn(consent) {
  wx.removeStorageSync(SIGNED_OUT)
  if (consent) await signInByWechat(consent)
  else await renew()
  return person
}

/** Ends this login on the server too; works offline as far as this phone goes. */
export async function signOut() {
  const refresh = wx.getStorageSync(REFRESH)
  const headers = access ? { Authorization: `Bearer ${access}` } : undefined
  await post('/api/auth/logout', { refresh_token: refresh || null }, headers).catch(() => {})
  leave()
}

/** The server has ended the login (all devices, or the consent was taken back): this phone forgets it too. */
export function leave() {
  wx.setStorageSync(SIGNED_OUT, '1')
  forget()
}

/** Told at once and at each change; returns its end. @param {(person: Person|null) => void} tell */
export function watch(tell) {
  listeners.add(tell)
  return () => listeners.delete(tell)
}
