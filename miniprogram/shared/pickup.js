// 预约取件: what the form must hold before it is sent, and the courier's times by day. Guide rows S31, S32.

import { dayText, rangeText } from './words.js'

/** @typedef {{name: string, phone: string, district: string, address: string, window: string}} PickupForm */

/**
 * What is still wrong, by field; the server has the last word. @param {PickupForm} form
 * @returns {Partial<Record<keyof PickupForm, string>>}
 */
export function pickupFaults(form) {
  /** @type {Partial<Record<keyof PickupForm, string>>} */
  const faults = {}
  if (!form.name.trim()) faults.name = '请填写寄件人姓名'
  if (!/^1[3-9]\d{9}$/.test(form.phone.trim())) faults.phone = '请填写 11 位手机号，方便快递员联系您'
  if (!form.district) faults.district = '请选择所在区'
  if (form.address.trim().length < 5) faults.address = '请填写到门牌号的详细地址'
  if (!form.window) faults.window = '请选择上门时间'
  return faults
}

/** The form as it is sent. @param {PickupForm} form @returns {PickupForm} */
export const pickupBody = ({ name, phone, district, address, window }) => ({ name: name.trim(), phone: phone.trim(), district, address: address.trim(), window })

/**
 * The next four days on which the courier comes. @param {{id: string, start: string, end: string}[]} windows @param {number} now
 * @returns {{day: string, windows: {id: string, text: string}[]}[]}
 */
export function pickupDays(windows, now) {
  /** @type {Map<string, {id: string, text: string}[]>} */
  const days = new Map()
  for (const window of windows) {
    const day = dayText(window.start, now)
    days.set(day, [...(days.get(day) ?? []), { id: window.id, text: rangeText(window.start, window.end) }])
  }
  return [...days].slice(0, 4).map(([day, open]) => ({ day, windows: open }))
}
