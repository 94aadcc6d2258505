import { describe, expect, it } from 'vitest'
import { callTimeText, clockText, countdownText, dayText, durationText, eventLine, isoDay, ratingText, sizeText, slotText, waitText } from '@shared/words.js'

// The test process runs in New York time: a device's own zone must not show through.
const slot = { start_at: '2026-11-25T06:00:00Z', end_at: '2026-11-25T06:30:00Z' }

describe('times in Shanghai', () => {
  it('runs on a device in another zone', () => {
    expect(process.env.TZ).toBe('America/New_York')
    expect(clockText('2026-11-25T06:00:00Z')).toBe('14:00')
  })
  it('names the near days', () => {
    const now = '2026-11-25T06:00:00Z'
    expect(dayText('2026-11-25T15:59:00Z', now)).toBe('今天')
    expect(dayText('2026-11-25T16:00:00Z', now)).toBe('明天')
    expect(dayText('2026-11-24T15:59:00Z', now)).toBe('昨天')
    expect(dayText('2026-11-28T02:00:00Z', now)).toBe('11月28日 周六')
    expect(dayText('2027-01-04T02:00:00Z', now)).toBe('2027年1月4日 周一')
  })
  it('gives the day of Shanghai, not of Greenwich', () => {
    expect(isoDay('2026-11-25T16:30:00Z')).toBe('2026-11-26')
  })
  it('tells a slot with what is left', () => {
    expect(slotText(slot, '2026-11-25T05:35:00Z')).toBe('今天 14:00–14:30（还有 25 分钟）')
    expect(slotText(slot, '2026-11-25T06:20:00Z')).toBe('今天 14:00–14:30（进行中，还剩 10 分钟）')
    expect(slotText(slot, '2026-11-25T06:30:00Z')).toBe('今天 14:00–14:30（已结束）')
    expect(slotText(slot, '2026-11-24T05:00:00Z')).toBe('明天 14:00–14:30')
  })
})

describe('amounts', () => {
  it('rounds up what is left, so that nothing ends before its time', () => {
    expect(durationText(61_000)).toBe('2 分钟')
    expect(durationText(3 * 3_600_000 + 5 * 60_000)).toBe('3 小时 5 分钟')
    expect(countdownText(119_001)).toBe('2:00')
    expect(countdownText(-5)).toBe('0:00')
  })
  it('has units', () => {
    expect(sizeText(900)).toBe('900 B')
    expect(sizeText(1_500_000)).toBe('1.4 MB')
    expect(waitText([5, 12])).toBe('约 5–12 分钟')
    expect(waitText([180, 420])).toBe('约 3–7 小时')
    expect(waitText([0, 1])).toBe('马上就到您')
    expect(waitText(null)).toBe('正在估算')
    expect(callTimeText(192_000)).toBe('03:12')
    expect(ratingText(5)).toBe('非常满意')
    expect(ratingText(1)).toBe('非常不满意')
  })
})

describe('lines of the chat', () => {
  it('says what happened', () => {
    const at = slot.start_at
    expect(eventLine({ seq: 3, kind: 'session.accepted', actor: { kind: 'agent', name: '王老师' }, at })).toBe('王老师已接入，会话开始')
    expect(eventLine({ seq: 4, kind: 'material.rejected', at, payload: { name: '学历证书', reason: '照片模糊' } })).toBe('材料已退回：学历证书（照片模糊）')
    expect(eventLine({ seq: 5, kind: 'session.suspended', at, payload: { reason: 'connection_lost' } })).toBe('会话已挂起：网络中断')
  })
  it('has none for what it does not know or what is hidden', () => {
    expect(eventLine({ seq: 1, kind: 'hidden', at: slot.start_at })).toBeNull()
    expect(eventLine({ seq: 1, kind: 'from.the.future', at: slot.start_at })).toBeNull()
  })
})
