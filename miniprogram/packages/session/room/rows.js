// From the session core's cards to what the chat's template draws: flat rows, in chunks, so that a change is sent to
// the page by its path and never more than WeChat takes at once (64 kB for each setData).

import { PROMPTS, promptLeads, settledWord } from '../../../shared/prompts.js'
import { momentText, sizeText, withheldLine } from '../../../shared/words.js'

/** @typedef {import('../../../shared/reducer.js').Card} Card */
/** @typedef {import('../../../shared/types.js').View} View */
/** @typedef {Record<string, string|number|boolean>} Row */

export const CHUNK = 30
const PAUSE_MS = 5 * 60_000
const BATCH_BYTES = 48 * 1024
const BUBBLES = ['text', 'image', 'file']

/** @param {Card} card */
const isMine = (card) => card.from.kind === 'applicant'

/** @param {View|null} view @param {Card} card */
function receiptWord(view, card) {
  const theirs = view?.receipts?.agent
  if (!theirs) return ''
  if (theirs.read >= card.seq) return '已读'
  return theirs.delivered >= card.seq ? '已送达' : '已发送'
}

/** @param {Card} card @returns {Row} */
function content(card) {
  const { payload } = card
  if (card.recalled) return { type: 'line', text: `${isMine(card) ? '您' : '对方'}撤回了一条消息` }
  if (card.withheld) return { type: 'line', text: withheldLine(card.type, isMine(card)) }
  if (card.type === 'line') return { type: 'line', text: card.text ?? '' }
  if (card.type === 'text') return { type: 'text', text: payload.text ?? '' }
  const name = payload.name ?? (card.type === 'image' ? '图片' : '文件')
  const file = { type: card.type, name, attachment: payload.attachment_id ?? '', local: payload.preview ?? '' }
  if (card.type === 'image') return file
  const extension = name.includes('.') ? name.split('.').pop().slice(0, 4).toUpperCase() : ''
  return { ...file, size: sizeText(payload.size ?? 0), extension: extension || '文件' }
}

/** @param {Card} card @param {View|null} view @returns {Row} */
function promptRow(card, view) {
  const kind = /** @type {string} */ (card.prompt)
  const words = PROMPTS[kind]
  const leads = promptLeads(view, kind, card.seq)
  return { type: 'prompt', prompt: kind, title: words?.title ?? '', text: words?.text ?? '', act: leads ? (words?.act ?? '查看') : '', settled: leads ? '' : settledWord(view, kind) }
}

/** @param {Card} card @param {Card|undefined} before @param {View|null} view @param {string|undefined} lastMine @param {number} now @returns {Row} */
function rowOf(card, before, view, lastMine, now) {
  const mine = isMine(card)
  const at = new Date(card.at).getTime()
  const time = !before || at - new Date(before.at).getTime() > PAUSE_MS ? momentText(at, now) : ''
  const base = { key: card.key, id: `r${card.seq || card.key.slice(2)}`, seq: card.seq, time, mine }
  if (card.type === 'prompt') return { ...base, ...promptRow(card, view) }
  const bubble = BUBBLES.includes(card.type) && !card.recalled && !card.withheld
  const name = card.from.name ?? '客服'
  const state = !bubble ? '' : card.status === 'failed' ? 'failed' : card.status === 'sending' ? 'sending' : ''
  const part = card.progress !== undefined && card.progress < 1 ? `上传 ${Math.round(card.progress * 100)}%` : '发送中'
  const word = state === 'sending' ? part : bubble && mine && card.key === lastMine ? receiptWord(view, card) : ''
  return { ...base, face: mine ? '我' : name.slice(0, 1), name: '', ...content(card), state, word }
}

/**
 * Every row of the chat, oldest first.
 * @param {Card[]} cards @param {View|null} view @param {number} now @returns {Row[]}
 */
export function rowsOf(cards, view, now) {
  const lastMine = [...cards].reverse().find((card) => isMine(card) && card.seq > 0 && BUBBLES.includes(card.type))?.key
  return cards.map((card, i) => rowOf(card, cards[i - 1], view, lastMine, now))
}

/** @param {Row} a @param {Row} b */
function same(a, b) {
  const [names, others] = [Object.keys(a), Object.keys(b)]
  return names.length === others.length && names.every((name) => a[name] === b[name])
}

/** @param {string} text */
function bytes(text) {
  let sum = 0
  for (const sign of text) {
    const code = /** @type {number} */ (sign.codePointAt(0))
    sum += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return sum
}

/** @param {Record<string, any>} patch @returns {Record<string, any>[]} the same in parts that setData takes */
export function batches(patch) {
  /** @type {Record<string, any>[]} */
  const parts = []
  let room = 0
  for (const [path, value] of Object.entries(patch)) {
    const weight = bytes(path + JSON.stringify(value))
    if (weight > room) {
      parts.push({})
      room = BATCH_BYTES
    }
    parts[parts.length - 1][path] = value
    room -= weight
  }
  return parts
}

/** The rows on the screen; `first` is the oldest chunk shown. Older ones are left out until they are asked for. */
export function createWindow() {
  /** @type {Row[][]} */
  let shown = []
  let first = -1

  /** @param {Row[]} rows @returns {Row[][]} */
  function chunked(rows) {
    const count = Math.max(1, Math.ceil(rows.length / CHUNK), shown.length)
    return Array.from({ length: count }, (_, i) => (i < first ? [] : rows.slice(i * CHUNK, (i + 1) * CHUNK)))
  }

  return {
    get earlier() {
      return first > 0
    },
    /** The paths that changed, in parts that setData takes. @param {Row[]} rows */
    update(rows) {
      if (first < 0) {
        if (!rows.length) return []
        first = Math.max(0, Math.ceil(rows.length / CHUNK) - 2)
      }
      const next = chunked(rows)
      /** @type {Record<string, any>} */
      const patch = {}
      next.forEach((chunk, c) => {
        const before = shown[c]
        if (!before || chunk.length < before.length) patch[`chunks[${c}]`] = { no: c, rows: [] }
        const kept = before && chunk.length >= before.length ? before : []
        chunk.forEach((row, i) => {
          if (!kept[i] || !same(kept[i], row)) patch[`chunks[${c}].rows[${i}]`] = row
        })
      })
      shown = next
      return batches(patch)
    },
    /** Shows one chunk more of what is older; returns the id of the row that was the first one. */
    more() {
      const id = shown[first]?.[0]?.id
      first = Math.max(0, first - 1)
      return String(id ?? '')
    },
  }
}
