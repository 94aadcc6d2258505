import type { Peer } from './peer'
import type { CallState, Role } from './types'

/** Keeps the path of the media alive: mends what broke, says when there is none, goes on trying (P24). */

const DISCONNECT_GRACE_MS = 1_500
const BACKOFF_MS = [0, 1_000, 2_000, 4_000, 8_000, 15_000]
/** After so many restarts without a path the agent builds a fresh connection. */
const REBUILD_AFTER = 3
/** No path at all in this time: say so, keep trying (P24). */
const PATH_PATIENCE_MS = 12_000
/** The applicant's side mends so much later, so that both don't restart at once. */
const HEAD_START_MS = 2_000

export interface PathOptions {
  role: Role
  peer: () => Peer | null
  /** Whether signals can be sent now. */
  signalling: () => boolean
  iceServers: () => Promise<RTCIceServer[]>
  /** Agent: drop the connection and make a fresh one. */
  rebuild: () => void
  onState: (state: CallState) => void
}

export class Path {
  private attempts = 0
  private everConnected = false
  private mending?: ReturnType<typeof setTimeout>
  private patience?: ReturnType<typeof setTimeout>
  private readonly onNetwork = () => this.networkChanged()

  constructor(private readonly o: PathOptions) {}

  /** A new call: forget how the last one went, notice changes of network. */
  begin(): void {
    this.attempts = 0
    this.everConnected = false
    window.addEventListener('online', this.onNetwork)
    connectionInfo()?.addEventListener('change', this.onNetwork)
  }

  end(): void {
    this.rest()
    window.removeEventListener('online', this.onNetwork)
    connectionInfo()?.removeEventListener('change', this.onNetwork)
  }

  /** The connection is gone: nothing is mended until the next one. */
  rest(): void {
    clearTimeout(this.mending)
    clearTimeout(this.patience)
  }

  /** A connection was made: there should be a path before long. */
  expect(): void {
    clearTimeout(this.patience)
    this.patience = setTimeout(() => {
      const peer = this.o.peer()
      if (!peer || connected(peer)) return
      this.o.onState('failed')
      this.mend(0)
    }, PATH_PATIENCE_MS)
  }

  changed(state: RTCPeerConnectionState): void {
    if (state === 'connected') {
      this.rest()
      this.attempts = 0
      this.everConnected = true
      this.o.onState('connected')
    } else if (state === 'disconnected') {
      this.o.onState('reconnecting')
      this.mend(DISCONNECT_GRACE_MS)
    } else if (state === 'failed') {
      this.o.onState(this.everConnected ? 'reconnecting' : 'failed')
      this.mend(backoff(this.attempts))
    }
  }

  mend(wait: number): void {
    clearTimeout(this.mending)
    const headStart = this.o.role === 'applicant' ? HEAD_START_MS : 0
    this.mending = setTimeout(() => void this.mendNow(), wait + headStart)
  }

  private async mendNow(): Promise<void> {
    const peer = this.o.peer()
    if (!peer || connected(peer)) return
    const next = backoff(++this.attempts)
    if (this.o.signalling()) {
      if (this.o.role === 'agent' && this.attempts > REBUILD_AFTER) return this.o.rebuild()
      peer.restartIce(await this.o.iceServers())
    }
    this.mend(Math.max(next, 2_000))
  }

  private networkChanged(): void {
    if (!this.o.peer()) return
    void this.o.iceServers().then((servers) => this.o.peer()?.restartIce(servers))
  }
}

const connected = (peer: Peer) => peer.pc.connectionState === 'connected'
const backoff = (attempts: number) => BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)]!

interface NetworkInformation extends EventTarget {
  readonly effectiveType?: string
}

function connectionInfo(): NetworkInformation | undefined {
  return (navigator as Navigator & { connection?: NetworkInformation }).connection
}
