import { describe, expect, it } from 'vitest'
import { dayCell, firstFree, markParts, queueHint, slotParts } from '@shared/booking.js'
import type { Slot } from '@shared/types.js'

const NOW = Date.parse('2026-11-25T06:00:00Z') // 14:00 in Shanghai
const slot = (id: string, hour: number, more: Partial<Slot> = {}): Slot => {
  const at = (h: number) => new Date(Date.UTC(2026, 10, 25, h - 8)).toISOString()
  return { id, start_at: at(hour), end_at: at(hour + 1), capacity: 20, left: 20, state: 'open', ...more }
}

describe('days', () => {
  const day = { date: '2026-11-25', kind: 'workday', note: '', left: 3, open: true }

  it('says the weekday, today, what is left and why there is nothing', () => {
    expect(dayCell(day, NOW)).toEqual({ date: '2026-11-25', week: '今天', text: '11/25', left: '余 3', free: true, makeup: false })
    expect(dayCell({ ...day, date: '2026-11-28', left: 0 }, NOW)).toMatchObject({ week: '周六', left: '约满', free: false })
    expect(dayCell({ ...day, left: 0, open: false, note: '元旦' }, NOW).left).toBe('元旦')
    expect(dayCell({ ...day, kind: 'makeup' }, NOW).makeup).toBe(true)
  })

  it('starts at the first day with a place', () => {
    expect(firstFree([{ ...day, date: 'a', left: 0 }, { ...day, date: 'b' }])).toBe('b')
    expect(firstFree([{ ...day, date: 'a', left: 0 }])).toBe('a')
    expect(firstFree([])).toBe('')
  })
})

describe('slots', () => {
  it('go by part of the day, without those that are over', () => {
    const parts = slotParts([slot('a', 9, { state: 'past' }), slot('b', 11), slot('c', 12), slot('d', 17), slot('e', 18)])
    expect(parts.map((part) => [part.name, part.slots.map((one) => one.id)])).toEqual([
      ['上午', ['b']],
      ['下午', ['c', 'd']],
      ['晚间', ['e']],
    ])
  })

  it('tell which is mine, full, running out', () => {
    const [part] = slotParts([slot('a', 9, { left: 2 }), slot('b', 10, { state: 'full', left: 0 }), slot('c', 11, { state: 'mine' })], 'c')
    expect(part.slots.map(({ left, free, few, on }) => [left, free, few, on])).toEqual([
      ['剩余 2', true, true, false],
      ['约满', false, false, false],
      ['已为您保留', false, false, true],
    ])
  })
})

it('tells when one may queue', () => {
  expect(queueHint({ enabled: true }, NOW)).toContain('可以开始排队')
  expect(queueHint({ enabled: false, opens_at: '2026-11-25T07:00:00Z', reason: '未到时段' }, NOW)).toBe('今天 15:00 起可以排队')
  expect(queueHint({ enabled: false, opens_at: '2026-11-25T05:00:00Z', reason: '已过号' }, NOW)).toBe('已过号')
  expect(queueHint(null, NOW)).toContain('预约成功后')
})

it('marks what the search found', () => {
  expect(markParts('居住证办理', [[0, 3]])).toEqual([
    { text: '居住证', mark: true },
    { text: '办理', mark: false },
  ])
  expect(markParts('㘵字', [[0, 1]])[0]).toEqual({ text: '㘵', mark: true })
})
