import type { Endpoint, Signal, SignalData } from './types'

/** Signals as they come from the socket: those of a call to come are kept, those that came before are known. */

const MAX_KEPT = 200
const MAX_KNOWN = 2_000

export class Inbox {
  private early: Signal[] = []
  private known = new Set<string>()

  /** Keep a signal of a call that has not started here yet. */
  keep(signal: Signal): void {
    if (this.early.length < MAX_KEPT) this.early.push(signal)
  }

  /** The kept signals of the call that starts now; older ones are forgotten. */
  take(epoch: number, from: Endpoint): Signal[] {
    const mine = this.early.filter((s) => s.epoch === epoch && s.from === from)
    this.early = this.early.filter((s) => s.epoch > epoch)
    return mine
  }

  /** Whether this frame came before; the next time it has. */
  repeated(data: SignalData): boolean {
    const key = `${data.page}:${data.n}`
    if (this.known.has(key)) return true
    this.known.add(key)
    if (this.known.size > MAX_KNOWN) this.known = new Set([...this.known].slice(-MAX_KNOWN / 2))
    return false
  }
}
