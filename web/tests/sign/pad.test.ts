import { describe, expect, it } from 'vitest'
import type { PointGroup } from 'signature_pad'
import { longEnough, strokesOf } from '@shared/strokes.js'

const sheet = { width: 360, height: 400 }
const stroke = (...points: [number, number][]) =>
  ({ points: points.map(([x, y], i) => ({ x, y, time: 5000 + i * 16, pressure: 0 })) }) as PointGroup
const line = (x0: number, y0: number, x1: number, y1: number, n = 8) =>
  stroke(...Array.from({ length: n }, (_, i) => [x0 + ((x1 - x0) * i) / (n - 1), y0 + ((y1 - y0) * i) / (n - 1)] as [number, number]))

describe('what counts as a handwriting (P35)', () => {
  it('a real name of two characters does', () => {
    expect(longEnough([line(80, 100, 140, 100), line(110, 80, 110, 160), line(200, 100, 260, 160)], sheet)).toBe(true)
  })
  it.each([
    ['nothing', []],
    ['a dot', [stroke([10, 10])]],
    ['a long stay on one spot', [line(10, 10, 11, 11, 200)]],
    ['a short line', [line(10, 10, 40, 10)]],
    ['a scribble on one spot', [stroke(...Array.from({ length: 100 }, (_, i) => [10 + (i % 2) * 4, 10] as [number, number]))]],
  ])('%s does not', (_, groups) => {
    expect(longEnough(groups as PointGroup[], sheet)).toBe(false)
  })
  it('times count from the first point, pressure is never nothing', () => {
    const strokes = strokesOf([stroke([1.234, 2.345], [3, 4])])
    expect(strokes).toEqual([
      [
        { x: 1.2, y: 2.3, t: 0, p: 0.5 },
        { x: 3, y: 4, t: 16, p: 0.5 },
      ],
    ])
  })
})
