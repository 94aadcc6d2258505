import { randomId } from './ids'
import { LocalMedia, type Device } from './media'
import { Peer, type LocalTracks } from './peer'
import { QualityMeter, type Quality } from './quality'
import { pickScreen, type Surface } from './screen'
import type {
  CallState,
  Endpoint,
  IceSource,
  MediaProblem,
  MediaState,
  Outgoing,
  Role,
  Signal,
  SignalData,
} from './types'

/**
 * A call between one agent page and one applicant page.
 *
 * The page tells the module what it knows: `signalling(open)` when its socket opens or closes,
 * `presence(endpoints)`, `receive(signal)` for each {"t":"signal"} frame, `start({epoch, peer})` after
 * call.started, `stop()` after call.ended. A peer connection is made only when signalling is open and the
 * peer is present; the agent offers, the applicant builds on the first offer. Signals of older epochs are
 * dropped, signals of a coming one wait for `start`.
 */

export interface CallOptions {
  role: Role
  /** Own endpoint, e.g. "agent", "applicant-pc", "applicant-phone". */
  endpoint: Endpoint
  /** Sends one signal through the socket; returns false when it could not be sent. */
  send: (to: Endpoint, epoch: number, data: SignalData) => boolean | void
  iceServers: IceSource
  onState?: (state: CallState) => void
  onLocalStream?: (stream: MediaStream | null) => void
  onRemoteStream?: (stream: MediaStream | null) => void
  /** The other side's screen; null when it stopped. */
  onScreenStream?: (stream: MediaStream | null) => void
  /** Own screen; null when it stopped, by whatever hand (P29). */
  onLocalScreen?: (stream: MediaStream | null, surface: Surface | null) => void
  onLocalMedia?: (media: MediaState) => void
  onPeerMedia?: (media: MediaState) => void
  onProblem?: (problem: MediaProblem) => void
  onQuality?: (quality: Quality) => void
  /** For logs only; nothing here needs the person. */
  onFault?: (where: string, error: unknown) => void
}

export type ScreenShare =
  | { ok: true; surface: Surface }
  | { ok: false; reason: 'problem'; problem: MediaProblem }
  /** Not the whole screen (S21): tell the person to choose 整个屏幕; `keep` shares it all the same. */
  | { ok: false; reason: 'not_monitor'; surface: Surface; keep: () => void; drop: () => void }

export interface Call {
  readonly state: CallState
  readonly epoch: number
  readonly media: MediaState
  start(call: { epoch: number; peer: Endpoint }): void
  stop(): void
  close(): void
  signalling(open: boolean): void
  presence(endpoints: Endpoint[]): void
  receive(signal: Signal): void
  /** Opens camera and microphone ahead of the call, inside the person's press. */
  openDevices(): Promise<void>
  setMicrophone(on: boolean): Promise<boolean>
  setCamera(on: boolean): Promise<boolean>
  chooseDevice(device: Device, deviceId: string): Promise<void>
  flipCamera(): Promise<void>
  startScreen(options?: { anySurface?: boolean; constraints?: Record<string, unknown> }): Promise<ScreenShare>
  stopScreen(): void
  /** Mend the path now (the page saw a change of network). */
  restart(): void
  /** The live peer connection, for statistics and tests. */
  connection(): RTCPeerConnection | null
}

const READY_EVERY_MS = 3_000
const SAMPLE_EVERY_MS = 2_000
const DISCONNECT_GRACE_MS = 1_500
const BACKOFF_MS = [0, 1_000, 2_000, 4_000, 8_000, 15_000]
/** After so many restarts without a path the agent builds a fresh connection. */
const REBUILD_AFTER = 3
/** No path at all in this time: say so, keep trying (P24). */
const PATH_PATIENCE_MS = 12_000

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
  private early: Signal[] = []
  private seen = new Set<string>()
  private readonly page = randomId()
  private counter = 0
  private attempts = 0
  private everConnected = false
  private remote: MediaStream | null = null
  private screenTrack: MediaStreamTrack | null = null
  /** Endpoints known to be there; the connection of the agent that is being answered; its early messages. */
  private known: Endpoint[] = []
  private waitingFor = ''
  private backlog: SignalData[] = []
  private readonly local: LocalMedia
  private readonly meter = new QualityMeter()
  private timers: Partial<Record<'ready' | 'mend' | 'patience', ReturnType<typeof setTimeout>>> = {}
  private sampler?: ReturnType<typeof setInterval>
  private readonly onNetwork = () => this.networkChanged()

  constructor(private readonly o: CallOptions) {
    this.local = new LocalMedia({
      role: o.role,
      onStream: (stream) => o.onLocalStream?.(stream),
      onTrack: (device, track) => {
        void this.peer
          ?.put(device === 'camera' ? 'camera' : 'audio', track)
          .catch((e) => this.fault('track', e))
        this.announce()
      },
      onProblem: (problem) => {
        o.onProblem?.(problem)
        this.announce()
      },
    })
  }

  get media(): MediaState {
    const { wanted, tracks } = this.local
    return {
      microphone: wanted.microphone && tracks.microphone !== null,
      camera: wanted.camera && tracks.camera !== null,
      screen: this.screenTrack !== null,
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
    this.attempts = 0
    this.everConnected = false
    window.addEventListener('online', this.onNetwork)
    connectionInfo()?.addEventListener('change', this.onNetwork)
    this.sampler ??= setInterval(() => void this.sample(), SAMPLE_EVERY_MS)
    this.enter('waiting')
    void this.local.open().then(() => this.announce())
    const early = this.early.filter((s) => s.epoch === epoch && s.from === peer)
    this.early = this.early.filter((s) => s.epoch > epoch)
    this.advance()
    early.forEach((signal) => this.receive(signal))
  }

  stop(): void {
    if (this.state === 'idle') return
    this.stopScreen()
    this.dropPeer()
    clearInterval(this.sampler)
    this.sampler = undefined
    window.removeEventListener('online', this.onNetwork)
    connectionInfo()?.removeEventListener('change', this.onNetwork)
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
    if (this.peer && this.state !== 'connected') this.mend(0)
  }

  presence(endpoints: Endpoint[]): void {
    this.present = this.to !== '' && endpoints.includes(this.to)
    this.known = endpoints
    if (this.state !== 'idle') this.advance()
  }

  receive(signal: Signal): void {
    if (signal.epoch > this.epoch || (signal.epoch === this.epoch && this.state === 'idle')) {
      if (this.early.length < 200) this.early.push(signal)
      return
    }
    if (signal.epoch < this.epoch || signal.from !== this.to || this.repeated(signal.data)) return
    this.present = true
    const { data } = signal
    if (data.ready) this.peerIsReady()
    else if (this.o.role === 'agent') this.agentReceives(data)
    else void this.applicantReceives(data)
  }

  async openDevices(): Promise<void> {
    await this.local.open()
  }

  async setMicrophone(on: boolean): Promise<boolean> {
    const done = await this.local.set('microphone', on)
    this.announce()
    return done
  }

  async setCamera(on: boolean): Promise<boolean> {
    const done = await this.local.set('camera', on)
    this.announce()
    return done
  }

  chooseDevice(device: Device, deviceId: string): Promise<void> {
    return this.local.choose(device, deviceId)
  }

  flipCamera(): Promise<void> {
    return this.local.flip()
  }

  async startScreen(
    options: { anySurface?: boolean; constraints?: Record<string, unknown> } = {},
  ): Promise<ScreenShare> {
    const pick = await pickScreen(options.constraints)
    if (!pick.ok) return { ok: false, reason: 'problem', problem: pick.problem }
    const { track, surface } = pick
    if (surface === 'monitor' || surface === 'unknown' || options.anySurface) {
      this.share(track, surface)
      return { ok: true, surface }
    }
    return {
      ok: false,
      reason: 'not_monitor',
      surface,
      keep: () => this.share(track, surface),
      drop: () => track.stop(),
    }
  }

  stopScreen(): void {
    const track = this.screenTrack
    if (!track) return
    this.screenTrack = null
    track.onended = null
    track.stop()
    void this.peer?.put('screen', null).catch((e) => this.fault('screen', e))
    this.announce()
    this.o.onLocalScreen?.(null, null)
  }

  restart(): void {
    if (this.peer && this.state !== 'idle') this.mend(0)
  }

  connection(): RTCPeerConnection | null {
    return this.peer?.pc ?? null
  }

  // ---- making and dropping the peer connection -------------------------------------------------

  private advance(): void {
    this.present = this.present || this.known.includes(this.to)
    if (!this.open || this.peer || this.building) return
    if (this.o.role === 'applicant') this.sayReady()
    else if (this.present) void this.build()
  }

  /** The applicant's page listens: ask for the offer until it comes. */
  private sayReady(): void {
    clearTimeout(this.timers.ready)
    if (this.peer || this.state === 'idle') return
    this.transmit({ pc: '', ready: true })
    this.timers.ready = setTimeout(() => this.sayReady(), READY_EVERY_MS)
  }

  private peerIsReady(): void {
    if (this.o.role !== 'agent') return
    if (this.peer && !this.peer.answered) this.peer.repeatOffer()
    else void this.rebuild()
  }

  private async rebuild(): Promise<void> {
    this.dropPeer()
    await this.build()
  }

  private async build(): Promise<Peer | null> {
    const epoch = this.epoch
    this.building = true
    try {
      await this.local.open() // own tracks ride in the first offer
      const iceServers = await this.servers()
      if (epoch !== this.epoch || this.state === 'idle' || this.peer) return this.peer
      this.peer = this.makePeer(iceServers)
    } finally {
      this.building = false
    }
    if (this.state !== 'reconnecting') this.enter('connecting')
    this.expectPath()
    if (this.o.role === 'agent') this.peer.begin()
    return this.peer
  }

  private makePeer(iceServers: RTCIceServer[]): Peer {
    const peer: Peer = new Peer({
      polite: this.o.role === 'applicant',
      config: { iceServers },
      local: () => this.localTracks(),
      send: (data) => this.transmit(data),
      onTrack: (slot, track) => peer === this.peer && this.takeTrack(slot, track),
      onConnection: (state) => peer === this.peer && this.connectionChanged(state),
      onMedia: (media) => this.peerMedia(media),
      onFault: (where, error) => this.fault(where, error),
    })
    return peer
  }

  private dropPeer(): void {
    for (const timer of Object.values(this.timers)) clearTimeout(timer)
    this.peer?.close()
    this.peer = null
    this.meter.reset()
    this.remote = null
    this.o.onRemoteStream?.(null)
    this.o.onScreenStream?.(null)
  }

  private agentReceives(data: SignalData): void {
    const peer = this.peer
    if (!peer || data.peer !== peer.id) return // meant for a connection that is gone
    if (peer.remoteId && data.pc !== peer.remoteId) return
    peer.remoteId = data.pc
    void peer.receive(data)
  }

  /** The first offer of a new connection of the agent replaces what was before. */
  private async applicantReceives(data: SignalData): Promise<void> {
    if (this.peer && this.peer.remoteId === data.pc) return void this.peer.receive(data)
    if (data.peer && data.peer !== this.peer?.id && this.waitingFor !== data.pc) return
    this.backlog.push(data)
    if (this.backlog.length > 200) this.backlog.shift()
    if (data.description?.type !== 'offer' || this.waitingFor === data.pc) return
    this.waitingFor = data.pc
    this.dropPeer()
    const peer = await this.build()
    if (!peer || this.waitingFor !== data.pc) return
    peer.remoteId = data.pc
    this.waitingFor = ''
    const mine = this.backlog.filter((d) => d.pc === data.pc)
    this.backlog = []
    for (const each of mine) void peer.receive(each)
    this.announce()
  }

  private repeated(data: SignalData): boolean {
    const key = `${data.page}:${data.n}`
    if (this.seen.has(key)) return true
    this.seen.add(key)
    if (this.seen.size > 2_000) this.seen = new Set([...this.seen].slice(-1_000))
    return false
  }

  // ---- path ----------------------------------------------------------------------------------

  private connectionChanged(state: RTCPeerConnectionState): void {
    if (state === 'connected') {
      clearTimeout(this.timers.mend)
      clearTimeout(this.timers.patience)
      this.attempts = 0
      this.everConnected = true
      this.enter('connected')
      this.announce()
    } else if (state === 'disconnected') {
      this.enter('reconnecting')
      this.mend(DISCONNECT_GRACE_MS)
    } else if (state === 'failed') {
      this.enter(this.everConnected ? 'reconnecting' : 'failed')
      this.mend(BACKOFF_MS[Math.min(this.attempts, BACKOFF_MS.length - 1)]!)
    }
  }

  /** Mends after `wait`; the polite side leaves the agent a head start so that both don't restart at once. */
  private mend(wait: number): void {
    clearTimeout(this.timers.mend)
    const headStart = this.o.role === 'applicant' ? 2_000 : 0
    this.timers.mend = setTimeout(() => void this.mendNow(), wait + headStart)
  }

  private async mendNow(): Promise<void> {
    const peer = this.peer
    if (!peer || peer.pc.connectionState === 'connected') return
    const next = BACKOFF_MS[Math.min(++this.attempts, BACKOFF_MS.length - 1)]!
    if (this.open) {
      if (this.o.role === 'agent' && this.attempts > REBUILD_AFTER) return void this.rebuild()
      peer.restartIce(await this.servers())
    }
    this.mend(Math.max(next, 2_000))
  }

  private networkChanged(): void {
    if (!this.peer || this.state === 'idle') return
    void this.servers().then((servers) => this.peer?.restartIce(servers))
  }

  private expectPath(): void {
    clearTimeout(this.timers.patience)
    this.timers.patience = setTimeout(() => {
      if (this.peer && this.peer.pc.connectionState !== 'connected') {
        this.enter('failed')
        this.mend(0)
      }
    }, PATH_PATIENCE_MS)
  }

  private async servers(): Promise<RTCIceServer[]> {
    const source = this.o.iceServers
    if (Array.isArray(source)) return source
    try {
      return await source()
    } catch (error) {
      this.fault('ice', error)
      return this.peer?.pc.getConfiguration().iceServers ?? []
    }
  }

  // ---- tracks --------------------------------------------------------------------------------

  private localTracks(): LocalTracks {
    const { microphone, camera } = this.local.tracks
    return { audio: microphone, camera, screen: this.screenTrack }
  }

  private takeTrack(slot: 'audio' | 'camera' | 'screen', track: MediaStreamTrack | null): void {
    if (slot === 'screen') {
      this.o.onScreenStream?.(track ? new MediaStream([track]) : null)
      return
    }
    if (!track) return
    const kept = (this.remote?.getTracks() ?? []).filter((t) => t.kind !== track.kind)
    this.remote = new MediaStream([...kept, track])
    this.o.onRemoteStream?.(this.remote)
  }

  private share(track: MediaStreamTrack, surface: Surface): void {
    this.stopScreen()
    if (track.readyState === 'ended') return
    this.screenTrack = track
    track.onended = () => this.stopScreen() // the browser's own “stop sharing” bar (P29)
    void this.peer?.put('screen', track).catch((e) => this.fault('screen', e))
    this.announce()
    this.o.onLocalScreen?.(new MediaStream([track]), surface)
  }

  private peerMedia(media: MediaState): void {
    if (!media.screen) this.o.onScreenStream?.(null)
    this.o.onPeerMedia?.(media)
  }

  // ---- small things --------------------------------------------------------------------------

  private announce(): void {
    const media = this.media
    this.o.onLocalMedia?.(media)
    this.peer?.announce(media)
  }

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

interface NetworkInformation extends EventTarget {
  readonly effectiveType?: string
}

function connectionInfo(): NetworkInformation | undefined {
  return (navigator as Navigator & { connection?: NetworkInformation }).connection
}
