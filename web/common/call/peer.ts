import { randomId } from './ids'
import type { MediaState, Outgoing, SignalData, Slot } from './types'

/**
 * One peer connection under perfect negotiation (W3C webrtc-pc, "Perfect negotiation example").
 *
 * Media sections: audio and camera are opened both ways by the agent's first offer and stay; switching a
 * device or muting never renegotiates (P21, P22). A shared screen is a section of its own, opened by the
 * side that shares, labelled through `tracks` beside each description.
 */

export type LocalTracks = Record<Slot, MediaStreamTrack | null>

export interface PeerOptions {
  /** The applicant is polite: on glare it takes its offer back. */
  polite: boolean
  config: RTCConfiguration
  local: () => LocalTracks
  send: (data: Outgoing) => void
  onTrack: (slot: Slot, track: MediaStreamTrack | null) => void
  onConnection: (state: RTCPeerConnectionState) => void
  onMedia: (media: MediaState) => void
  onFault: (where: string, error: unknown) => void
}

const OFFER_PATIENCE_MS = 5_000
const MAX_HELD_CANDIDATES = 200

export class Peer {
  readonly id = randomId()
  readonly pc: RTCPeerConnection
  /** Id of the peer connection at the other side, once heard of. */
  remoteId = ''
  private makingOffer = false
  private ignoreOffer = false
  private closed = false
  private inbox: Promise<void> = Promise.resolve()
  private labels: Record<string, Slot> = {}
  private held: RTCIceCandidateInit[] = []
  private mine: Partial<Record<Slot, RTCRtpTransceiver>> = {}
  private patience?: ReturnType<typeof setTimeout>

  constructor(private readonly o: PeerOptions) {
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...o.config })
    this.pc.onnegotiationneeded = () => void this.offer()
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate && !this.closed) this.tell({ candidate: candidate.toJSON() })
    }
    this.pc.ontrack = ({ track, transceiver }) => this.arrive(track, transceiver)
    this.pc.onconnectionstatechange = () => {
      if (!this.closed) o.onConnection(this.pc.connectionState)
    }
  }

  /** Agent: open audio and camera both ways; the browser then asks for the first offer. */
  begin(): void {
    const local = this.o.local()
    this.mine.audio = this.pc.addTransceiver(local.audio ?? 'audio', { direction: 'sendrecv' })
    this.mine.camera = this.pc.addTransceiver(local.camera ?? 'video', { direction: 'sendrecv' })
    if (local.screen) this.shareScreen(local.screen)
  }

  get answered(): boolean {
    return this.pc.currentRemoteDescription !== null
  }

  /** Send the open offer once more: the first may have met nobody. */
  repeatOffer(): void {
    const description = this.pc.localDescription
    if (this.pc.signalingState === 'have-local-offer' && description) {
      this.tell({ description, tracks: this.myLabels() })
      this.watchOffer()
    }
  }

  /** Put a track (or silence) into a slot; no renegotiation for audio and camera. */
  async put(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    if (this.closed) return
    if (slot !== 'screen') {
      await this.mine[slot]?.sender.replaceTrack(track)
    } else if (track) {
      this.shareScreen(track)
    } else {
      await this.unshareScreen()
    }
  }

  restartIce(iceServers?: RTCIceServer[]): void {
    if (this.closed) return
    if (iceServers) this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers })
    if (this.pc.signalingState === 'have-local-offer') this.repeatOffer()
    else this.pc.restartIce()
  }

  /** Messages of this connection are handled one after the other, in the order they came. */
  receive(data: SignalData): Promise<void> {
    this.inbox = this.inbox
      .then(() => (this.closed ? undefined : this.handle(data)))
      .catch((error: unknown) => {
        if (!this.closed) this.o.onFault('signal', error)
      })
    return this.inbox
  }

  announce(media: MediaState): void {
    this.tell({ media })
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.patience)
    this.pc.close()
  }

  private tell(data: Partial<SignalData>): void {
    this.o.send({ pc: this.id, ...(this.remoteId ? { peer: this.remoteId } : {}), ...data })
  }

  private async offer(): Promise<void> {
    if (this.closed) return
    try {
      this.makingOffer = true
      await this.pc.setLocalDescription()
      if (!this.closed && this.pc.localDescription?.type === 'offer') {
        this.tell({ description: this.pc.localDescription, tracks: this.myLabels() })
        this.watchOffer()
      }
    } catch (error) {
      if (!this.closed) this.o.onFault('offer', error)
    } finally {
      this.makingOffer = false
    }
  }

  /** An offer whose answer got lost is repeated: no unanswered offer stays behind (case S17). */
  private watchOffer(): void {
    clearTimeout(this.patience)
    this.patience = setTimeout(() => {
      if (!this.closed) this.repeatOffer()
    }, OFFER_PATIENCE_MS)
  }

  private async handle(data: SignalData): Promise<void> {
    if (data.description) await this.takeDescription(data.description, data.tracks)
    if (data.candidate) await this.takeCandidate(data.candidate)
    if (data.media) this.o.onMedia(data.media)
  }

  private async takeDescription(
    description: RTCSessionDescriptionInit,
    tracks?: Record<string, Slot>,
  ): Promise<void> {
    const { pc } = this
    if (description.type === 'answer' && pc.signalingState !== 'have-local-offer') return // a repeated answer
    const collision = description.type === 'offer' && (this.makingOffer || pc.signalingState !== 'stable')
    this.ignoreOffer = !this.o.polite && collision
    if (this.ignoreOffer) return
    if (tracks) this.labels = tracks
    await pc.setRemoteDescription(description)
    if (description.type === 'answer') clearTimeout(this.patience)
    else await this.answer()
    await this.releaseCandidates()
  }

  private async answer(): Promise<void> {
    if (this.o.polite && !this.mine.audio) await this.adopt()
    await this.pc.setLocalDescription()
    const description = this.pc.localDescription
    if (!this.closed && description) this.tell({ description, tracks: this.myLabels() })
  }

  /** Applicant: the sections of the agent's first offer carry our own tracks back. */
  private async adopt(): Promise<void> {
    const local = this.o.local()
    for (const transceiver of this.pc.getTransceivers()) {
      const slot = this.slotOf(transceiver)
      if (slot === 'screen' || this.mine[slot]) continue
      this.mine[slot] = transceiver
      transceiver.direction = 'sendrecv'
      await transceiver.sender.replaceTrack(local[slot])
    }
    if (local.screen) this.shareScreen(local.screen)
  }

  /** Candidates wait for the description they belong to, whatever order the frames come in (case S16). */
  private async takeCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    const remote = this.pc.remoteDescription
    const fragment = candidate.usernameFragment
    if (!remote || (fragment && !remote.sdp.includes(`a=ice-ufrag:${fragment}`))) {
      if (this.held.length < MAX_HELD_CANDIDATES) this.held.push(candidate)
      return
    }
    try {
      await this.pc.addIceCandidate(candidate)
    } catch (error) {
      if (!this.ignoreOffer) this.o.onFault('candidate', error)
    }
  }

  private async releaseCandidates(): Promise<void> {
    const waiting = this.held.splice(0)
    for (const candidate of waiting) await this.takeCandidate(candidate)
  }

  private slotOf(transceiver: RTCRtpTransceiver): Slot {
    const label = transceiver.mid === null ? undefined : this.labels[transceiver.mid]
    if (label) return label
    if (transceiver.receiver.track.kind === 'audio') return 'audio'
    const first = this.pc.getTransceivers().find((t) => t.receiver.track.kind === 'video')
    return first === transceiver ? 'camera' : 'screen'
  }

  private myLabels(): Record<string, Slot> {
    const labels: Record<string, Slot> = {}
    for (const slot of ['audio', 'camera', 'screen'] as const) {
      const mid = this.mine[slot]?.mid
      if (mid) labels[mid] = slot
    }
    return labels
  }

  private arrive(track: MediaStreamTrack, transceiver: RTCRtpTransceiver): void {
    const slot = this.slotOf(transceiver)
    this.o.onTrack(slot, track)
    if (slot !== 'screen') return
    track.onunmute = () => this.o.onTrack(slot, track)
    track.onmute = () => this.o.onTrack(slot, null)
    track.onended = () => this.o.onTrack(slot, null)
  }

  private shareScreen(track: MediaStreamTrack): void {
    const own = this.mine.screen
    if (own) {
      void own.sender.replaceTrack(track)
      own.direction = 'sendonly'
    } else {
      this.mine.screen = this.pc.addTransceiver(track, { direction: 'sendonly' })
    }
  }

  private async unshareScreen(): Promise<void> {
    const own = this.mine.screen
    if (!own) return
    await own.sender.replaceTrack(null)
    if (!this.closed) own.direction = 'inactive'
  }
}
