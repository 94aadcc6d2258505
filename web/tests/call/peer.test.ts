import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Peer, type PeerOptions } from '../../common/call/peer'
import type { SignalData } from '../../common/call/types'

/** Only what Peer touches; it remembers the order of what was asked of it. */
class FakeConnection {
  static last: FakeConnection
  signalingState: RTCSignalingState = 'stable'
  localDescription: RTCSessionDescriptionInit | null = null
  remoteDescription: RTCSessionDescriptionInit | null = null
  currentRemoteDescription: RTCSessionDescriptionInit | null = null
  connectionState = 'new'
  calls: string[] = []
  onnegotiationneeded: (() => void) | null = null
  onicecandidate: ((event: object) => void) | null = null
  ontrack: (() => void) | null = null
  onconnectionstatechange: (() => void) | null = null

  constructor() {
    FakeConnection.last = this
  }
  addTransceiver() {
    return { mid: null, direction: 'sendrecv', sender: { replaceTrack: async () => undefined } }
  }
  getTransceivers() {
    return []
  }
  async setLocalDescription() {
    const offer = this.signalingState !== 'have-remote-offer'
    this.signalingState = offer ? 'have-local-offer' : 'stable'
    this.localDescription = { type: offer ? 'offer' : 'answer', sdp: 'local' }
    this.calls.push(`local ${this.localDescription.type}`)
  }
  async setRemoteDescription(description: RTCSessionDescriptionInit) {
    this.remoteDescription = description
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable'
    this.calls.push(`remote ${description.type}`)
  }
  async addIceCandidate(candidate: RTCIceCandidateInit) {
    if (!this.remoteDescription) throw new Error('no remote description')
    this.calls.push(`candidate ${candidate.candidate}`)
  }
  close() {
    this.signalingState = 'closed'
  }
}

function peerOf(polite: boolean) {
  const sent: Partial<SignalData>[] = []
  const faults: string[] = []
  const options: PeerOptions = {
    polite,
    config: {},
    local: () => ({ audio: null, camera: null, screen: null }),
    send: (data) => sent.push(data),
    onTrack: () => undefined,
    onConnection: () => undefined,
    onMedia: () => undefined,
    onFault: (where, error) => faults.push(`${where}: ${error}`),
  }
  const peer = new Peer(options)
  return { peer, pc: FakeConnection.last, sent, faults }
}

const say = (data: Partial<SignalData>): SignalData => ({ pc: 'other', page: 'p', n: 0, ...data })
const offer = (fragment = 'one') => say({ description: { type: 'offer', sdp: `a=ice-ufrag:${fragment}` } })
const candidate = (name: string, usernameFragment?: string) => say({ candidate: { candidate: name, usernameFragment } })
const settled = async () => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
}

function permutations<T>(list: T[]): T[][] {
  if (list.length < 2) return [list]
  return list.flatMap((one, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [one, ...rest]))
}

beforeEach(() => {
  vi.stubGlobal('RTCPeerConnection', FakeConnection)
  vi.useFakeTimers()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('one peer connection under perfect negotiation', () => {
  it('takes an offer and its candidates in all 120 orders (case S16)', async () => {
    const frames = [offer(), ...['a', 'b', 'c', 'd'].map((name) => candidate(name, 'one'))]
    for (const order of permutations(frames)) {
      const { peer, pc, faults } = peerOf(true)
      order.forEach((frame) => void peer.receive(frame))
      await settled()
      await peer.receive(say({}))
      expect(faults).toEqual([])
      expect(pc.calls.filter((call) => call.startsWith('candidate')).sort()).toEqual(['candidate a', 'candidate b', 'candidate c', 'candidate d'])
      expect(pc.calls.indexOf('remote offer')).toBeLessThan(pc.calls.findIndex((call) => call.startsWith('candidate')))
    }
  })

  it('keeps candidates of the next description until it comes', async () => {
    const { peer, pc } = peerOf(true)
    await peer.receive(offer('one'))
    await peer.receive(candidate('early', 'two'))
    expect(pc.calls).not.toContain('candidate early')
    await peer.receive(offer('two'))
    expect(pc.calls.at(-1)).toBe('candidate early')
  })

  it('glare: the impolite side ignores the offer and its candidates in silence, the polite one yields', async () => {
    const agent = peerOf(false)
    agent.pc.onnegotiationneeded!()
    await settled()
    expect(agent.pc.signalingState).toBe('have-local-offer')
    await agent.peer.receive(offer())
    await agent.peer.receive(candidate('x', 'one'))
    expect(agent.pc.calls).toEqual(['local offer'])
    expect(agent.faults).toEqual([])

    const applicant = peerOf(true)
    applicant.pc.onnegotiationneeded!()
    await settled()
    await applicant.peer.receive(offer())
    expect(applicant.pc.calls).toEqual(['local offer', 'remote offer', 'local answer'])
    expect(applicant.sent.at(-1)!.description!.type).toBe('answer')
  })

  it('an answer that comes twice is taken once', async () => {
    const { peer, pc, faults } = peerOf(false)
    pc.onnegotiationneeded!()
    await settled()
    const answer = say({ description: { type: 'answer', sdp: 'a=ice-ufrag:one' } })
    await peer.receive(answer)
    await peer.receive(answer)
    expect(pc.calls).toEqual(['local offer', 'remote answer'])
    expect(faults).toEqual([])
  })

  it('repeats an offer that stays without an answer, and stops when closed', async () => {
    const { peer, pc, sent } = peerOf(false)
    pc.onnegotiationneeded!()
    await settled()
    expect(sent).toHaveLength(1)
    vi.advanceTimersByTime(5_000)
    expect(sent).toHaveLength(2)
    peer.close()
    vi.advanceTimersByTime(20_000)
    expect(sent).toHaveLength(2)
  })
})
