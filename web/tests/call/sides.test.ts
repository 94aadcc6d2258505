import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Inbox } from '../../common/call/inbox'
import type { Peer } from '../../common/call/peer'
import { sideOf } from '../../common/call/sides'
import type { Role, SignalData } from '../../common/call/types'

type FakePeer = { id: string; remoteId: string; answered: boolean; heard: SignalData[]; repeated: number }

let n = 0
const signal = (pc: string, more: Partial<SignalData> = {}): SignalData => ({ page: 'p', n: (n += 1), pc, ...more })
const offer = (pc: string) => signal(pc, { description: { type: 'offer', sdp: pc } })

/** A side with hands that make fake connections, one after the other: mine1, mine2, … */
function handsOf(role: Role) {
  const made: FakePeer[] = []
  const sent: object[] = []
  const calls: string[] = []
  let here: FakePeer | null = null
  const make = async () => {
    const peer: FakePeer = { id: `mine${made.length + 1}`, remoteId: '', answered: false, heard: [], repeated: 0 }
    made.push(peer)
    here = peer
    return Object.assign(peer, {
      receive: async (data: SignalData) => void peer.heard.push(data),
      repeatOffer: () => (peer.repeated += 1),
    }) as unknown as Peer
  }
  const side = sideOf(role, {
    peer: () => here as unknown as Peer | null,
    build: () => (calls.push('build'), make()),
    rebuild: () => (calls.push('rebuild'), make()),
    send: (data) => sent.push(data),
    announce: () => calls.push('announce'),
  })
  return { side, made, sent, calls }
}

describe('the agent', () => {
  it('offers when the applicant is there, not before', () => {
    const { side, calls } = handsOf('agent')
    side.advance(false)
    expect(calls).toEqual([])
    side.advance(true)
    expect(calls).toEqual(['build'])
  })

  it('repeats an offer that met nobody; a page that was loaded anew gets a new connection', () => {
    const { side, made, calls } = handsOf('agent')
    side.advance(true)
    side.receive(signal('', { ready: true }))
    expect(made[0].repeated).toBe(1)
    made[0].answered = true
    side.receive(signal('', { ready: true }))
    expect(calls).toEqual(['build', 'rebuild'])
  })

  it('hears only what is meant for its connection, from the one that answered first', () => {
    const { side, made } = handsOf('agent')
    side.advance(true)
    side.receive(signal('theirs', { peer: 'gone' }))
    side.receive(signal('theirs', { peer: 'mine1' }))
    side.receive(signal('another', { peer: 'mine1' }))
    expect(made[0].heard.map(({ pc }) => pc)).toEqual(['theirs'])
  })
})

describe('the applicant', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('asks for the offer until it is told to rest', () => {
    const { side, sent } = handsOf('applicant')
    side.advance(true)
    vi.advanceTimersByTime(6_000)
    expect(sent).toEqual(Array(3).fill({ pc: '', ready: true }))
    side.rest()
    vi.advanceTimersByTime(60_000)
    expect(sent).toHaveLength(3)
  })

  it('keeps what comes before the offer and while the connection is made, in order', async () => {
    const { side, made, calls } = handsOf('applicant')
    const frames = [signal('agent1'), offer('agent1'), signal('agent1')]
    frames.forEach((frame) => side.receive(frame))
    await vi.advanceTimersByTimeAsync(0)
    expect(calls).toEqual(['rebuild', 'announce'])
    expect(made[0].remoteId).toBe('agent1')
    expect(made[0].heard).toEqual(frames)
  })

  it('of two connections of the agent answers the newer', async () => {
    const { side, made } = handsOf('applicant')
    side.receive(offer('agent1'))
    side.receive(offer('agent2'))
    await vi.advanceTimersByTimeAsync(0)
    expect(made.map(({ remoteId }) => remoteId)).toEqual(['', 'agent2'])
    expect(made[1].heard.map(({ pc }) => pc)).toEqual(['agent2'])
  })
})

describe('the inbox', () => {
  it('keeps signals of a call to come until it starts', () => {
    const inbox = new Inbox()
    const early = [1, 2, 3].map((epoch) => ({ from: 'agent', epoch, data: signal('pc') }))
    early.forEach((one) => inbox.keep(one))
    expect(inbox.take(2, 'agent')).toEqual([early[1]])
    expect(inbox.take(2, 'agent')).toEqual([])
    expect(inbox.take(3, 'agent')).toEqual([early[2]])
  })

  it('knows a frame that comes twice', () => {
    const inbox = new Inbox()
    const frame = signal('pc')
    expect([inbox.repeated(frame), inbox.repeated({ ...frame }), inbox.repeated(signal('pc'))]).toEqual([false, true, false])
  })
})
