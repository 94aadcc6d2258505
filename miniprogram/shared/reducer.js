// From timeline events to chat cards. Pure: the same events in any order, any number of times, give the same list.

import { eventLine } from './words.js'

/** @typedef {import('./types.js').TimelineEvent} TimelineEvent */

/**
 * @typedef {object} Card
 * @property {string} key stable while a message goes from sending to sent
 * @property {'text'|'image'|'file'|'line'|'prompt'} type
 * @property {number} seq 0 while it is on its way
 * @property {string} at
 * @property {{kind: string, id?: string|null, name?: string|null}} from
 * @property {Record<string, any>} payload
 * @property {string} [text] of a line
 * @property {string} [prompt] kind of the prompt that the card reopens
 * @property {boolean} [recalled]
 * @property {boolean} [withheld] the content check took it out: nobody is shown what it was
 * @property {'review'|'pending'|'pass'} [flag] what the content check says of it, for staff only
 * @property {'sending'|'failed'} [status] of a message on its way
 * @property {number} [progress] 0…1 of a file on its way
 */

/**
 * @typedef {object} Chat
 * @property {number} seq everything up to here is applied
 * @property {Card[]} cards in the order of the server
 * @property {Card[]} outgoing not yet confirmed
 * @property {Record<number, TimelineEvent>} ahead arrived before their turn
 */

/** Events that are a prompt for the applicant and stay in the chat as a card. @type {Record<string, string>} */
export const PROMPT_KINDS = {
  'screen.requested': 'screen_request',
  'control.requested': 'control_request',
  'commitment.pushed': 'commitment',
  'material.requested': 'materials',
  'pickup.requested': 'pickup',
  'rating.invited': 'rating',
  'call.invited': 'call_invite',
}

/** Events that leave no trace in the chat and need no fresh view. */
const MESSAGE_KINDS = ['chat.text', 'chat.image', 'chat.file', 'chat.recalled', 'chat.withheld', 'chat.flagged', 'hidden', 'note.added']

/** @returns {Chat} */
export const emptyChat = () => ({ seq: 0, cards: [], outgoing: [], ahead: {} })

/** True when the event may change state, actions or prompts. @param {TimelineEvent} event */
export const changesView = (event) => !MESSAGE_KINDS.includes(event.kind)

/** True when events between the last one and an early one are missing. @param {Chat} chat */
export const hasGap = (chat) => Object.keys(chat.ahead).length > 0

/** @param {TimelineEvent} event @returns {Card|null} */
function cardOf(event) {
  const base = {
    key: event.payload?.client_id ? `c:${event.payload.client_id}` : `s:${event.seq}`,
    seq: event.seq,
    at: event.at,
    from: event.actor ?? { kind: 'system' },
    payload: event.payload ?? {},
  }
  if (event.kind === 'chat.text') return { ...base, type: 'text' }
  if (event.kind === 'chat.image') return { ...base, type: 'image' }
  if (event.kind === 'chat.file') return { ...base, type: 'file' }
  const prompt = PROMPT_KINDS[event.kind]
  if (prompt) return { ...base, type: 'prompt', prompt }
  const text = eventLine(event)
  return text ? { ...base, type: 'line', text } : null
}

/** What an event says about an earlier message. @type {Record<string, (event: TimelineEvent) => Partial<Card>>} */
const REMARKS = {
  'chat.recalled': () => ({ recalled: true }),
  'chat.withheld': () => ({ withheld: true }),
  'chat.flagged': (event) => ({ flag: event.payload?.suggest }),
}

/** @param {Chat} chat @param {TimelineEvent} event @returns {Chat} */
function append(chat, event) {
  const next = { ...chat, seq: event.seq }
  const remark = REMARKS[event.kind]?.(event)
  if (remark) {
    next.cards = chat.cards.map((card) => (card.seq === event.payload?.seq ? { ...card, ...remark } : card))
    return next
  }
  const card = cardOf(event)
  if (!card) return next
  next.cards = [...chat.cards, card]
  next.outgoing = chat.outgoing.filter((mine) => mine.key !== card.key)
  return next
}

/**
 * Applies one event: doubles are dropped, early ones wait for their turn.
 * @param {Chat} chat @param {TimelineEvent} event @returns {Chat}
 */
export function applyEvent(chat, event) {
  if (event.seq <= chat.seq) return chat
  if (event.seq > chat.seq + 1) return { ...chat, ahead: { ...chat.ahead, [event.seq]: event } }
  let next = append(chat, event)
  while (next.ahead[next.seq + 1]) {
    const { [next.seq + 1]: turn, ...rest } = next.ahead
    next = append({ ...next, ahead: rest }, turn)
  }
  const late = Object.keys(next.ahead).filter((seq) => Number(seq) <= next.seq)
  if (late.length) next = { ...next, ahead: Object.fromEntries(Object.entries(next.ahead).filter(([seq]) => !late.includes(seq))) }
  return next
}

/** @param {Chat} chat @param {TimelineEvent[]} events */
export const applyEvents = (chat, events) => events.reduce(applyEvent, chat)

/** @param {Chat} chat @param {Card} card @returns {Chat} */
export const addOutgoing = (chat, card) => ({ ...chat, outgoing: [...chat.outgoing.filter((mine) => mine.key !== card.key), card] })

/** @param {Chat} chat @param {string} key @param {Partial<Card>} change @returns {Chat} */
export const changeOutgoing = (chat, key, change) => ({
  ...chat,
  outgoing: chat.outgoing.map((card) => (card.key === key ? { ...card, ...change } : card)),
})

/** @param {Chat} chat @param {string} key @returns {Chat} */
export const dropOutgoing = (chat, key) => ({ ...chat, outgoing: chat.outgoing.filter((card) => card.key !== key) })

/**
 * The slots with what was announced: older news is dropped, my own place stays mine (the broadcast knows no person).
 * @param {import('./types.js').Slot[]} slots
 * @param {Pick<import('./types.js').Slot, 'id'|'left'|'state'|'v'>[]} news
 */
export function applySlots(slots, news) {
  const byId = new Map(news.map((slot) => [slot.id, slot]))
  return slots.map((slot) => {
    const told = byId.get(slot.id)
    if (!told || (told.v ?? Infinity) <= (slot.v ?? -1)) return slot
    const keeps = slot.state === 'mine' || slot.state === 'past'
    return { ...slot, left: told.left, v: told.v ?? slot.v, state: keeps ? slot.state : told.state }
  })
}

/** What the chat shows: the confirmed cards, then those on their way. @param {Chat} chat */
export const visibleCards = (chat) => [...chat.cards, ...chat.outgoing]
