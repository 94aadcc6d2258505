/** How good the call is, sampled from getStats (M28): round trip, loss, freezes, frames. */

export interface Quality {
  /** Round trip in milliseconds, null while unknown. */
  rtt: number | null
  /** Lost packets of the last interval, percent. */
  loss: number
  /** Share of the last interval in which the picture stood still, 0..1. */
  freeze: number
  fps: number
  /** Incoming kbit/s. */
  kbps: number
  /** True when the path goes through a relay. */
  relayed: boolean
  level: 'good' | 'fair' | 'poor' | 'unknown'
}

interface Totals {
  at: number
  received: number
  lost: number
  freezes: number
  frames: number
  bytes: number
  rtt: number | null
  relayed: boolean
}

export const LEVEL_NAMES: Record<Quality['level'], string> = {
  good: '网络良好',
  fair: '网络一般',
  poor: '网络较差',
  unknown: '正在检测网络',
}

export function gradeQuality(q: Omit<Quality, 'level'>): Quality['level'] {
  if (q.rtt === null && q.kbps === 0) return 'unknown'
  const rtt = q.rtt ?? 0
  if (q.loss > 8 || rtt > 600 || q.freeze > 0.3) return 'poor'
  if (q.loss > 2 || rtt > 250 || q.freeze > 0.08) return 'fair'
  return 'good'
}

export class QualityMeter {
  private before: Totals | null = null

  reset(): void {
    this.before = null
  }

  async sample(pc: Pick<RTCPeerConnection, 'getStats'>): Promise<Quality | null> {
    const now = readTotals(await pc.getStats())
    const before = this.before
    this.before = now
    if (!before || now.at <= before.at) return null
    const seconds = (now.at - before.at) / 1000
    const received = Math.max(0, now.received - before.received)
    const lost = Math.max(0, now.lost - before.lost)
    const base = {
      rtt: now.rtt,
      loss: received + lost ? (100 * lost) / (received + lost) : 0,
      freeze: Math.min(1, Math.max(0, now.freezes - before.freezes) / seconds),
      fps: Math.max(0, now.frames - before.frames) / seconds,
      kbps: (8 * Math.max(0, now.bytes - before.bytes)) / 1000 / seconds,
      relayed: now.relayed,
    }
    return { ...base, level: gradeQuality(base) }
  }
}

function readTotals(report: RTCStatsReport): Totals {
  const totals: Totals = {
    at: 0,
    received: 0,
    lost: 0,
    freezes: 0,
    frames: 0,
    bytes: 0,
    rtt: null,
    relayed: false,
  }
  const byId = new Map<string, any>()
  report.forEach((stat) => byId.set(stat.id, stat))
  for (const stat of byId.values()) {
    totals.at = Math.max(totals.at, stat.timestamp ?? 0)
    if (stat.type === 'inbound-rtp') {
      totals.received += stat.packetsReceived ?? 0
      totals.lost += stat.packetsLost ?? 0
      totals.bytes += stat.bytesReceived ?? 0
      if (stat.kind === 'video') {
        totals.freezes += stat.totalFreezesDuration ?? 0
        totals.frames += stat.framesDecoded ?? 0
      }
    }
    if (stat.type === 'transport' && stat.selectedCandidatePairId) {
      const pair = byId.get(stat.selectedCandidatePairId)
      if (pair?.currentRoundTripTime !== undefined) totals.rtt = Math.round(pair.currentRoundTripTime * 1000)
      totals.relayed = byId.get(pair?.localCandidateId)?.candidateType === 'relay'
    }
  }
  return totals
}
