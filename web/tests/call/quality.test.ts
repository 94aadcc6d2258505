import { describe, expect, it } from 'vitest'
import { gradeQuality, QualityMeter } from '../../common/call/quality'

/** A getStats report with one video stream over one pair. */
function report(at: number, video: Record<string, number>, rtt = 0.05, relay = false) {
  return {
    getStats: async () =>
      new Map<string, any>([
        ['v', { id: 'v', type: 'inbound-rtp', kind: 'video', timestamp: at, ...video }],
        ['t', { id: 't', type: 'transport', timestamp: at, selectedCandidatePairId: 'p' }],
        ['p', { id: 'p', type: 'candidate-pair', timestamp: at, currentRoundTripTime: rtt, localCandidateId: 'l' }],
        ['l', { id: 'l', type: 'local-candidate', timestamp: at, candidateType: relay ? 'relay' : 'host' }],
      ]) as unknown as RTCStatsReport,
  }
}

describe('quality of a call (M28)', () => {
  it('needs two samples and tells the interval, not the whole call', async () => {
    const meter = new QualityMeter()
    const first = { packetsReceived: 1000, packetsLost: 500, bytesReceived: 0, framesDecoded: 100, totalFreezesDuration: 9 }
    expect(await meter.sample(report(1000, first))).toBeNull()
    const next = { packetsReceived: 1190, packetsLost: 510, bytesReceived: 250_000, framesDecoded: 140, totalFreezesDuration: 9.1 }
    const seen = await meter.sample(report(3000, next, 0.1, true))
    expect(seen).toMatchObject({ rtt: 100, loss: 5, fps: 20, kbps: 1000, relayed: true, level: 'fair' })
    expect(seen!.freeze).toBeCloseTo(0.05)
  })

  it('a new connection whose counters begin anew is no negative loss', async () => {
    const meter = new QualityMeter()
    await meter.sample(report(1000, { packetsReceived: 1000, packetsLost: 50 }))
    expect(await meter.sample(report(3000, { packetsReceived: 10, packetsLost: 0 }))).toMatchObject({ loss: 0 })
  })

  it('grades', () => {
    const base = { rtt: 40, loss: 0, freeze: 0, fps: 20, kbps: 800, relayed: false }
    expect(gradeQuality(base)).toBe('good')
    expect(gradeQuality({ ...base, rtt: 300 })).toBe('fair')
    expect(gradeQuality({ ...base, freeze: 0.5 })).toBe('poor')
    expect(gradeQuality({ ...base, loss: 12 })).toBe('poor')
    expect(gradeQuality({ ...base, rtt: null, kbps: 0 })).toBe('unknown')
  })
})
