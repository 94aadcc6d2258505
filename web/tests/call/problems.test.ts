import { describe, expect, it } from 'vitest'
import { mediaProblem } from '../../common/call/problems'

describe('the six getUserMedia errors in words (P28)', () => {
  const cases: [string, string, string][] = [
    ['NotAllowedError', 'refused', '未允许使用摄像头'],
    ['NotFoundError', 'missing', '没有找到摄像头'],
    ['NotReadableError', 'busy', '摄像头被其他程序占用'],
    ['OverconstrainedError', 'unsuitable', '摄像头不符合要求'],
    ['AbortError', 'aborted', '摄像头启动中断'],
    ['SecurityError', 'insecure', '当前环境不能使用摄像头'],
  ]
  it.each(cases)('%s', (name, code, title) => {
    const problem = mediaProblem(new DOMException('x', name), 'camera')
    expect(problem).toMatchObject({ code, title, phoneHelps: true })
    expect(problem.next.length).toBeGreaterThan(8)
    expect(problem.next).not.toContain('{')
  })

  it('a cancelled share is no fault of a device', () => {
    const problem = mediaProblem(new DOMException('x', 'NotAllowedError'), 'screen')
    expect(problem.phoneHelps).toBe(false)
    expect(problem.next).toContain('整个屏幕')
  })

  it('something unheard of still has words', () => {
    expect(mediaProblem('?', 'both')).toMatchObject({ code: 'unknown', title: '摄像头和麦克风打不开' })
  })
})
