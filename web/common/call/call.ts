import type { Call, CallOptions } from './contract'
import { randomId } from './ids'
import { Inbox } from './inbox'
import { LocalMedia, type Device } from './media'
import { Path } from './path'
import { Peer, type LocalTracks } from './peer'
import { QualityMeter } from './quality'
import { RemoteMedia } from './remote'
import { SharedScreen, type ScreenShare, type ScreenShareOptions } from './screen'
import { sideOf, type Side } from './sides'
import type { CallState, Endpoint, MediaState, Outgoing, Signal, Slot } from './types'

/**
 * A call between one agent page and one applicant page.
 *
 * The page tells the module what it knows: `signalling(open)` when its socket opens or closes,
 * `presence(endpoints)`, `receive(signal)` for each {"t":"signal"} frame, `start({epoch, peer})` after
 * call.started, `stop()` after call.ended. A peer connection is made only when signalling is open and the
 * peer is present; the agent offers, the applicant builds on the first offer. Signals of older epochs are
 * dropped, signals of a coming one wait for `start`.
 */

const SAMPLE_EVERY_MS = 2_000

export function createCall(options: CallOptions): Call {
  return new CallSession(options)
}

class CallSession implements Call {
  state: CallState = 'idle'
  epoch = -1
  private to: Endpoint = ''
  private open = false
  private present = false
  private building = false
  private peer: Peer | null = null
  /** Endpoints known to be there. */
  private known: Endpoint[] = []
  private readonly page = randomId()
  private counter = 0
  private readonly inbox = new Inbox()
  private readonly side: Side
  private readonly local: LocalMedia
  private readonly screen: SharedScreen
  private readonly remote: RemoteMedia
  private readonly path: Path
  private readonly meter = new QualityMeter()
  private sampler?: ReturnType<typeof setInterval>

  constructor(private readonly o: CallOptions) {
    this.side = sideOf(o.role, {
      peer: () => this.peer,
      build: () => this.build(),
      rebuild: () => this.rebuild(),
      send: (data) => this.transmit(data),
      announce: () => this.announce(),
    })
    this.local = new LocalMedia({
      role: o.role,
      onStream: (stream) => o.onLocalStream?.(stream),
      onTrack: (device, track) => this.put(device === 'camera' ? 'camera' : 'audio', track),
      onProblem: (problem) => {
        o.onProblem?.(problem)
        this.announce()
      },
    })
    this.screen = new SharedScreen({
      onTrack: (track) => this.put('screen', track),
      onStream: (stream, surface) => o.onLocalScreen?.(stream, surface),
    })
    this.remote = new RemoteMedia({
      onStream: (stream) => o.onRemoteStream?.(stream),
      onScreen: (stream) => o.onScreenStream?.(stream),
      onMedia: (media) => o.onPeerMedia?.(media),
    })
    this.path = new Path({
      role: o.role,
      peer: () => this.peer,
      signalling: () => this.open,
      iceServers: () => this.iceServers(),
      rebuild: () => void this.rebuild(),
      onState: (state) => this.enter(state),
    })
  }

  get media(): MediaState {
    const { wanted, tracks } = this.local
    return {
      microphone: wanted.microphone && tracks.microphone !== null,
      camera: wanted.camera && tracks.camera !== null,
      screen: this.screen.track !== null,
    }
  }

  // ---- what the page tells us ----------------------------------------------------------------

  start({ epoch, peer }: { epoch: number; peer: Endpoint }): void {
    if (epoch === this.epoch && peer === this.to && this.state !== 'idle') return
    if (epoch < this.epoch) return
    this.dropPeer()
    this.epoch = epoch
    this.to = peer
    this.present = false
    this.path.begin()
    this.sampler ??= setInterval(() => void this.sample(), SAMPLE_EVERY_MS)
    this.enter('waiting')
    void this.local.open().then(() => this.announce())
    const early = this.inbox.take(epoch, peer)
    this.advance()
    early.forEach((signal) => this.receive(signal))
  }

  stop(): void {
    if (this.state === 'idle') return
    this.screen.stop()
    this.dropPeer()
    clearInterval(this.sampler)
    this.sampler = undefined
    this.path.end()
    this.local.close()
    this.to = ''
    this.enter('idle')
  }

  close(): void {
    this.stop()
    this.local.close()
  }

  signalling(open: boolean): void {
    const reopened = open && !this.open
    this.open = open
    if (!reopened || this.state === 'idle') return
    this.peer?.repeatOffer()
    this.advance()
    if (this.peer && this.state !== 'connected') this.path.mend(0)
  }

  presence(endpoints: Endpoint[]): void {
    this.present = this.to !== '' && endpoints.includes(this.to)
    this.known = endpoints
    if (this.state !== 'idle') this.advance()
  }

  receive(signal: Signal): void {
    if (signal.epoch > this.epoch || (signal.epoch === this.epoch && this.state === 'idle')) {
      this.inbox.keep(signal)
      return
    }
    if (signal.epoch < this.epoch || signal.from !== this.to || this.inbox.repeated(signal.data)) return
    this.present = true
    this.side.receive(signal.data)
  }

  async openDevices(): Promise<void> {
    await this.local.open()
  }

  setMicrophone(on: boolean): Promise<boolean> {
    return this.setDevice('microphone', on)
  }

  setCamera(on: boolean): Promise<boolean> {
    return this.setDevice('camera', on)
  }

  chooseDevice(device: Device, deviceId: string): Promise<void> {
    return this.local.choose(device, deviceId)
  }

  flipCamera(): Promise<void> {
    return this.local.flip()
  }

  startScreen(options?: ScreenShareOptions): Promise<ScreenShare> {
    return this.screen.start(options)
  }

  stopScreen(): void {
    this.screen.stop()
  }

  restart(): void {
    if (this.peer && this.state !== 'idle') this.path.mend(0)
  }

  connection(): RTCPeerConnection | null {
    return this.peer?.pc ?? null
  }

  // ---- making and dropping the peer connection -------------------------------------------------

  private advance(): void {
    this.present = this.present || this.known.includes(this.to)
    if (!this.open || this.state === 'idle' || this.peer || this.building) return
    this.side.advance(this.present)
  }

  private rebuild(): Promise<Peer | null> {
    this.dropPeer()
    return this.build()
  }

  private async build(): Promise<Peer | null> {
    const epoch = this.epoch
    this.building = true
    try {
      await this.local.open() // own tracks ride in the first offer
      const iceServers = await this.iceServers()
      if (epoch !== this.epoch || this.state === 'idle' || this.peer) return this.peer
      this.peer = this.makePeer(iceServers)
    } finally {
      this.building = false
    }
    if (this.state !== 'reconnecting') this.enter('connecting')
    this.path.expect()
    if (this.o.role === 'agent') this.peer.begin()
    return this.peer
  }

  private makePeer(iceServers: RTCIceServer[]): Peer {
    const peer: Peer = new Peer({
      polite: this.o.role === 'applicant',
      config: { iceServers },
      local: () => this.localTracks(),
      send: (data) => this.transmit(data),
      onTrack: (slot, track) => peer === this.peer && this.remote.take(slot, track),
      onConnection: (state) => peer === this.peer && this.connectionChanged(state),
      onMedia: (media) => this.remote.said(media),
      onFault: (where, error) => this.fault(where, error),
    })
    return peer
  }

  private dropPeer(): void {
    this.side.rest()
    this.path.rest()
    this.peer?.close()
    this.peer = null
    this.meter.reset()
    this.remote.drop()
  }

  private connectionChanged(state: RTCPeerConnectionState): void {
    this.path.changed(state)
    if (state === 'connected') this.announce()
  }

  private async iceServers(): Promise<RTCIceServer[]> {
    const source = this.o.iceServers
    if (Array.isArray(source)) return source
    try {
      return await source()
    } catch (error) {
      this.fault('ice', error)
      return this.peer?.pc.getConfiguration().iceServers ?? []
    }
  }

  // ---- own devices -----------------------------------------------------------------------------

  private async setDevice(device: Device, on: boolean): Promise<boolean> {
    const done = await this.local.set(device, on)
    this.announce()
    return done
  }

  private localTracks(): LocalTracks {
    const { microphone, camera } = this.local.tracks
    return { audio: microphone, camera, screen: this.screen.track }
  }

  private put(slot: Slot, track: MediaStreamTrack | null): void {
    void this.peer
      ?.put(slot, track)
      .catch((error) => this.fault(slot === 'screen' ? 'screen' : 'track', error))
    this.announce()
  }

  private announce(): void {
    const media = this.media
    this.o.onLocalMedia?.(media)
    this.peer?.announce(media)
  }

  // ---- what the other side and the page are told -------------------------------------------------

  private transmit(data: Outgoing): void {
    if (!this.open || this.state === 'idle') return
    this.o.send(this.to, this.epoch, { ...data, page: this.page, n: ++this.counter })
  }

  private enter(state: CallState): void {
    if (state === this.state) return
    this.state = state
    this.o.onState?.(state)
  }

  private async sample(): Promise<void> {
    const pc = this.peer?.pc
    if (!pc || this.state === 'idle') return
    const quality = await this.meter.sample(pc).catch(() => null)
    if (quality) this.o.onQuality?.(quality)
  }

  private fault(where: string, error: unknown): void {
    this.o.onFault?.(where, error)
  }
}
