import { describe, expect, it } from 'vitest'
import { addOutgoing, applyEvent, applyEvents, applySlots, changeOutgoing, changesView, emptyChat, hasGap, visibleCards } from '@shared/reducer.js'
import type { TimelineEvent } from '@shared/types.js'

const agent = { kind: 'agent' as const, name: '王老师' }
const event = (seq: number, kind: string, payload = {}): TimelineEvent => ({ seq, kind, actor: agent, at: '2026-11-25T06:00:00Z', payload })

const history = [
  event(1, 'session.queued'),
  event(2, 'session.accepted'),
  event(3, 'hidden'),
  event(4, 'chat.text', { text: '您好', client_id: 'a' }),
  event(5, 'commitment.pushed', { commitment_id: 'k' }),
  event(6, 'chat.text', { text: '请阅读', client_id: 'b' }),
  event(7, 'chat.recalled', { seq: 6 }),
]

/** A small repeatable generator, so that a failing order can be run again. */
function shuffled<T>(list: T[], seed: number): T[] {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i -= 1) {
    seed = (seed * 1103515245 + 12345) % 2147483648
    const j = seed % (i + 1)
    ;[copy[i], copy[j]] = [copy[j], copy[i]]
  }
  return copy
}

describe('the chat', () => {
  it('is the same for every order and every repetition of the events', () => {
    const expected = applyEvents(emptyChat(), history)
    for (let seed = 1; seed <= 200; seed += 1) {
      const arrivals = shuffled([...history, ...history.slice(seed % 5)], seed)
      const chat = applyEvents(emptyChat(), arrivals)
      expect(chat.seq, `seed ${seed}`).toBe(7)
      expect(chat.cards, `seed ${seed}`).toEqual(expected.cards)
      expect(hasGap(chat)).toBe(false)
    }
  })
  it('waits for a missing event and says so', () => {
    const chat = applyEvents(emptyChat(), [history[0], history[3]])
    expect(chat.seq).toBe(1)
    expect(hasGap(chat)).toBe(true)
    expect(hasGap(applyEvents(chat, history.slice(1, 3)))).toBe(false)
  })
  it('keeps a pushed prompt as a card and marks what was recalled', () => {
    const { cards } = applyEvents(emptyChat(), history)
    expect(cards.map((card) => card.type)).toEqual(['line', 'line', 'text', 'prompt', 'text'])
    expect(cards[3]).toMatchObject({ prompt: 'commitment', seq: 5 })
    expect(cards[4].recalled).toBe(true)
  })
  it('marks what the content check took out, and what it doubts; neither asks for a fresh view', () => {
    const picture = event(1, 'chat.image', { attachment_id: 'a', name: '图.jpg', client_id: 'p' })
    const remarks = [event(2, 'chat.flagged', { seq: 1, suggest: 'pending' }), event(3, 'chat.withheld', { seq: 1 })]
    const { cards } = applyEvents(emptyChat(), [picture, ...remarks])
    expect(cards).toHaveLength(1)
    expect(cards[0]).toMatchObject({ withheld: true, flag: 'pending' })
    expect(remarks.map(changesView)).toEqual([false, false])
  })
  it('swaps a message on its way for the confirmed one, under the same key', () => {
    const mine = { key: 'c:x1', type: 'text' as const, seq: 0, at: '', from: { kind: 'applicant' }, payload: { text: '好' }, status: 'sending' as const }
    let chat = addOutgoing(emptyChat(), mine)
    chat = changeOutgoing(chat, 'c:x1', { status: 'failed' })
    expect(visibleCards(chat)).toHaveLength(1)
    expect(visibleCards(chat)[0].status).toBe('failed')
    chat = applyEvent(chat, event(1, 'chat.text', { text: '好', client_id: 'x1' }))
    expect(visibleCards(chat)).toHaveLength(1)
    expect(visibleCards(chat)[0]).toMatchObject({ key: 'c:x1', seq: 1 })
    expect(visibleCards(chat)[0].status).toBeUndefined()
  })
  it('asks for a fresh view only where the view may change', () => {
    expect(changesView(history[3])).toBe(false)
    expect(changesView(history[2])).toBe(false)
    expect(changesView(history[4])).toBe(true)
  })
})

describe('live places', () => {
  const slot = (id: string, left: number, v: number, state: any = 'open') => ({ id, left, v, state, capacity: 5, start_at: '', end_at: '' })

  it('take newer news and drop older news, in whatever order they come', () => {
    const slots = [slot('a', 5, 1), slot('b', 5, 1)]
    const late = applySlots(applySlots(slots, [slot('a', 0, 4, 'full')]), [slot('a', 3, 3)])
    expect(late[0]).toMatchObject({ left: 0, state: 'full', v: 4 })
    expect(late[1]).toBe(slots[1])
  })
  it('leave my own place mine', () => {
    expect(applySlots([slot('a', 2, 1, 'mine')], [slot('a', 1, 2)])[0]).toMatchObject({ left: 1, state: 'mine' })
  })
})
