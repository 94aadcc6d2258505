import { describe, expect, it } from 'vitest'
import { lastWhere } from '../../common/list'
import { deviceLine, fillReply, promptLine, stopwatch, waitTone } from '../../console/words'

describe('words of the console', () => {
  it('waiting is coloured by the promise of five minutes', () => {
    expect([0, 299, 300, 599, 600].map(waitTone)).toEqual(['fine', 'fine', 'soon', 'soon', 'late'])
  })
  it('times run on', () => {
    expect([0, 42, 725, 3723, -3].map(stopwatch)).toEqual(['0:00', '0:42', '12:05', '1:02:03', '0:00'])
  })
  it('quick replies are filled, unknown names stay', () => {
    expect(fillReply('您好{姓名}，我是{客服}{未知}', { 姓名: '张*', 客服: '王老师' })).toBe('您好张*，我是王老师{未知}')
  })
  it('devices', () => {
    expect(deviceLine({ camera: 'missing', microphone: 'ok', speaker: 'unknown' })).toBe('摄像头没有，麦克风正常')
    expect(deviceLine({})).toBe('')
  })
  it('cards from the agent’s chair', () => {
    expect(promptLine('materials', { names: ['身份证', '学历证书'] })).toBe('已请申请人上传：身份证、学历证书')
    expect(promptLine('screen_request', { automatic: true })).toContain('自动')
  })
  it('the last that passes', () => {
    expect(lastWhere([1, 2, 3, 4], (n) => n % 2 === 1)).toBe(3)
    expect(lastWhere([2], (n) => n > 5)).toBeUndefined()
  })
})
