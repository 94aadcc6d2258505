import type { Peer } from './peer'
import type { Outgoing, Role, SignalData } from './types'

/**
 * Who makes the connection: the agent offers as soon as the applicant is there, the applicant asks for the
 * offer and builds on it. Each side answers only the connection at the other side that it belongs to.
 */

const READY_EVERY_MS = 3_000
const MAX_KEPT = 200

export interface Side {
  /** Signals can be sent and there is no connection yet; `present`: the other side is there. */
  advance(present: boolean): void
  receive(data: SignalData): void
  /** The connection is dropped, or the call is over. */
  rest(): void
}

/** What a side may do with the call. */
export interface Hands {
  peer: () => Peer | null
  /** Makes the connection; null when the call went on meanwhile. */
  build: () => Promise<Peer | null>
  /** The same in place of the one that is there. */
  rebuild: () => Promise<Peer | null>
  send: (data: Outgoing) => void
  announce: () => void
}

export function sideOf(role: Role, hands: Hands): Side {
  return role === 'agent' ? new AgentSide(hands) : new ApplicantSide(hands)
}

class AgentSide implements Side {
  constructor(private readonly hands: Hands) {}

  advance(present: boolean): void {
    if (present) void this.hands.build()
  }

  receive(data: SignalData): void {
    const peer = this.hands.peer()
    if (data.ready) return this.offerAgain(peer)
    if (!peer || data.peer !== peer.id) return // meant for a connection that is gone
    if (peer.remoteId && data.pc !== peer.remoteId) return
    peer.remoteId = data.pc
    void peer.receive(data)
  }

  rest(): void {}

  private offerAgain(peer: Peer | null): void {
    if (peer && !peer.answered) peer.repeatOffer()
    else void this.hands.rebuild()
  }
}

class ApplicantSide implements Side {
  /** The connection of the agent that is being answered, and what came until ours can take it. */
  private waitingFor = ''
  private backlog: SignalData[] = []
  private asking?: ReturnType<typeof setTimeout>

  constructor(private readonly hands: Hands) {}

  /** Our page listens: ask for the offer until it comes. */
  advance(): void {
    clearTimeout(this.asking)
    if (this.hands.peer()) return
    this.hands.send({ pc: '', ready: true })
    this.asking = setTimeout(() => this.advance(), READY_EVERY_MS)
  }

  receive(data: SignalData): void {
    const peer = this.hands.peer()
    if (data.ready) return
    if (peer && peer.remoteId === data.pc) return void peer.receive(data)
    if (data.peer && data.peer !== peer?.id && this.waitingFor !== data.pc) return
    this.backlog.push(data)
    if (this.backlog.length > MAX_KEPT) this.backlog.shift()
    if (data.description?.type === 'offer' && this.waitingFor !== data.pc) void this.answer(data.pc)
  }

  rest(): void {
    clearTimeout(this.asking)
  }

  /** The first offer of a new connection of the agent replaces what was before. */
  private async answer(offering: string): Promise<void> {
    this.waitingFor = offering
    const peer = await this.hands.rebuild()
    if (!peer || this.waitingFor !== offering) return
    peer.remoteId = offering
    this.waitingFor = ''
    const mine = this.backlog.filter((data) => data.pc === offering)
    this.backlog = []
    for (const each of mine) void peer.receive(each)
    this.hands.announce()
  }
}
