// How days, slots and the way into the queue are told. Pure; the same on the web and in the mini-program.

import { clockText, isoDay, momentText, rangeText, slotLeftText } from './words.js'

/** @typedef {import('./types.js').Slot} Slot */

/** A hold lasts two minutes (domain: Booking). */
export const HOLD_MS = 120_000

const WEEK = ['日', '一', '二', '三', '四', '五', '六']

/**
 * @typedef {object} Day
 * @property {string} date
 * @property {string} kind
 * @property {string|null} [note]
 * @property {number} left
 * @property {boolean} open whether the day has slots at all
 */

/** What one day's button says. @param {Day} day @param {number} now */
export function dayCell(day, now) {
  const [year, month, date] = day.date.split('-').map(Number)
  const week = `周${WEEK[new Date(Date.UTC(year, month - 1, date)).getUTCDay()]}`
  const left = day.left > 0 ? `余 ${day.left}` : day.open ? '约满' : day.note || '休息'
  return { date: day.date, week: day.date === isoDay(now) ? '今天' : week, text: `${month}/${date}`, left, free: day.left > 0, makeup: day.kind === 'makeup' }
}

/** The first day with a place, else the first of all. @param {Day[]} days */
export const firstFree = (days) => days.find((day) => day.left > 0)?.date ?? days[0]?.date ?? ''

/** @param {Slot} slot */
export const isFree = (slot) => slot.state === 'open' && slot.left > 0

/**
 * The slots of one day by part of the day; those already over are left out.
 * @param {Slot[]} slots @param {string|null} [chosen]
 */
export function slotParts(slots, chosen = null) {
  const parts = ['上午', '下午', '晚间'].map((name) => ({ name, slots: /** @type {ReturnType<typeof slotChip>[]} */ ([]) }))
  for (const slot of slots) {
    if (slot.state === 'past') continue
    const hour = Number(clockText(slot.start_at).slice(0, 2))
    parts[hour < 12 ? 0 : hour < 18 ? 1 : 2].slots.push(slotChip(slot, slot.id === chosen))
  }
  return parts.filter((part) => part.slots.length)
}

/** @param {Slot} slot @param {boolean} on */
function slotChip(slot, on) {
  const free = isFree(slot)
  return {
    id: slot.id,
    time: rangeText(slot.start_at, slot.end_at),
    left: on ? '已为您保留' : slotLeftText(slot),
    state: slot.state,
    free,
    few: free && slot.left <= 2,
    on,
  }
}

/** When and why one may queue. @param {import('./types.js').QueueMode|null|undefined} queue @param {number} now */
export function queueHint(queue, now) {
  if (queue?.enabled) return '已到您的预约时段，可以开始排队'
  if (queue?.opens_at && new Date(queue.opens_at).getTime() > now) return `${momentText(queue.opens_at, now)} 起可以排队`
  return queue?.reason || '预约成功后，在预约的时段内排队'
}

/**
 * A text in pieces, those that the search found marked.
 * @param {string} text @param {number[][]} [ranges] [start, length]
 */
export function markParts(text, ranges = []) {
  const marked = new Set()
  for (const [start, length] of ranges) for (let i = start; i < start + length; i += 1) marked.add(i)
  /** @type {{text: string, mark: boolean}[]} */
  const out = []
  Array.from(text).forEach((letter, i) => {
    const last = out[out.length - 1]
    if (last && last.mark === marked.has(i)) last.text += letter
    else out.push({ text: letter, mark: marked.has(i) })
  })
  return out
}
