import { mediaProblem } from './problems'
import type { MediaProblem, Role } from './types'

/**
 * The page's own camera and microphone. What the person switched off stays off whatever happens to
 * the connection (P21): the wish lives here, the peer connection only borrows the tracks.
 */

export type Device = 'microphone' | 'camera'

export interface LocalMediaOptions {
  role: Role
  onStream: (stream: MediaStream | null) => void
  onTrack: (device: Device, track: MediaStreamTrack | null) => void
  onProblem: (problem: MediaProblem) => void
}

const VIDEO: Record<Role, MediaTrackConstraints> = {
  // the applicant shows originals to the camera (S27): more pixels, fewer frames
  applicant: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 20, max: 30 } },
  agent: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20, max: 30 } },
}
const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

export class LocalMedia {
  readonly wanted: Record<Device, boolean> = { microphone: true, camera: true }
  readonly tracks: Record<Device, MediaStreamTrack | null> = { microphone: null, camera: null }
  private chosen: Record<Device, string> = { microphone: '', camera: '' }
  private facing: 'user' | 'environment' | '' = ''
  private opening: Promise<void> | null = null
  private closed = false
  /** Could not be opened: not asked for again until the person or a newly plugged device says so. */
  private failed = new Set<Device>()
  private readonly onPlug = () => void this.plugged()

  constructor(private readonly o: LocalMediaOptions) {}

  /** Opens what is wanted and not yet open; asks for both in one go so that one question is shown. */
  open(): Promise<void> {
    this.closed = false
    navigator.mediaDevices?.addEventListener?.('devicechange', this.onPlug)
    this.opening ??= this.openMissing().finally(() => (this.opening = null))
    return this.opening
  }

  async set(device: Device, on: boolean): Promise<boolean> {
    this.wanted[device] = on
    this.failed.delete(device)
    const track = this.tracks[device]
    if (device === 'microphone' && track) {
      track.enabled = on
      this.o.onTrack(device, track)
    } else if (!on) {
      this.drop(device) // the camera's light goes out too
    } else {
      await this.acquire([device])
    }
    return on ? this.tracks[device] !== null : true
  }

  async choose(device: Device, deviceId: string): Promise<void> {
    this.chosen[device] = deviceId
    if (device === 'camera') this.facing = ''
    if (!this.wanted[device]) return
    this.drop(device)
    await this.acquire([device])
  }

  /** Phones: front and back camera. */
  async flip(): Promise<void> {
    this.facing = this.facing === 'environment' ? 'user' : 'environment'
    this.chosen.camera = ''
    if (!this.wanted.camera) return
    this.drop('camera')
    await this.acquire(['camera'])
  }

  close(): void {
    this.closed = true
    this.failed.clear()
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.onPlug)
    this.drop('camera')
    this.drop('microphone')
    this.o.onStream(null)
  }

  private async openMissing(): Promise<void> {
    const missing = (['microphone', 'camera'] as const).filter(
      (d) => this.wanted[d] && !this.tracks[d] && !this.failed.has(d),
    )
    if (missing.length) await this.acquire([...missing])
  }

  private async plugged(): Promise<void> {
    if (this.closed || !this.failed.size) return
    this.failed.clear()
    await this.open()
  }

  private report(error: unknown, kind: MediaProblem['kind']): void {
    const devices: Device[] = kind === 'camera' || kind === 'microphone' ? [kind] : ['camera', 'microphone']
    for (const device of devices) this.failed.add(device)
    this.o.onProblem(mediaProblem(error, kind))
  }

  private constraints(devices: Device[]): MediaStreamConstraints {
    const pick = (device: Device) => (this.chosen[device] ? { deviceId: { exact: this.chosen[device] } } : {})
    const facing = this.facing ? { facingMode: { ideal: this.facing } } : {}
    return {
      audio: devices.includes('microphone') && { ...AUDIO, ...pick('microphone') },
      video: devices.includes('camera') && { ...VIDEO[this.o.role], ...pick('camera'), ...facing },
    }
  }

  private async acquire(devices: Device[]): Promise<void> {
    if (!navigator.mediaDevices?.getUserMedia) {
      const kind = devices.length > 1 ? 'both' : devices[0]!
      this.report({ name: window.isSecureContext ? 'TypeError' : 'SecurityError' }, kind)
      return
    }
    try {
      this.adopt(await navigator.mediaDevices.getUserMedia(this.constraints(devices)))
    } catch (error) {
      await this.acquireApart(devices, error)
    }
  }

  /** Both at once failed: take what there is and say what is missing (S29). */
  private async acquireApart(devices: Device[], error: unknown): Promise<void> {
    if (devices.length === 1) {
      this.report(error, devices[0]!)
      return
    }
    const refused = (error as Error | undefined)?.name === 'NotAllowedError'
    const allowed = refused ? await notDenied(devices) : devices
    if (refused && allowed.length !== 1) {
      this.report(error, 'both')
      return
    }
    for (const device of devices) {
      if (allowed.includes(device)) await this.acquire([device])
      else this.report(error, device)
    }
  }

  private adopt(stream: MediaStream): void {
    for (const track of stream.getTracks()) {
      const device: Device = track.kind === 'audio' ? 'microphone' : 'camera'
      if (this.closed || (device === 'camera' && !this.wanted.camera)) {
        track.stop()
        continue
      }
      this.tracks[device]?.stop()
      this.tracks[device] = track
      track.enabled = this.wanted[device]
      track.onended = () => this.lost(device, track)
      this.o.onTrack(device, track)
    }
    this.show()
  }

  /** A device that ended by itself (unplugged, phone call came in) is taken again (P25). */
  private lost(device: Device, track: MediaStreamTrack): void {
    if (this.closed || this.tracks[device] !== track) return
    this.tracks[device] = null
    this.chosen[device] = ''
    this.o.onTrack(device, null)
    this.show()
    if (this.wanted[device]) void this.acquire([device])
  }

  private drop(device: Device): void {
    const track = this.tracks[device]
    if (!track) return
    this.tracks[device] = null
    track.onended = null
    track.stop()
    this.o.onTrack(device, null)
    this.show()
  }

  private show(): void {
    const live = Object.values(this.tracks).filter((t): t is MediaStreamTrack => t !== null)
    this.o.onStream(live.length ? new MediaStream(live) : null)
  }
}

async function notDenied(devices: Device[]): Promise<Device[]> {
  const states = await Promise.all(
    devices.map((name) =>
      navigator.permissions?.query({ name: name as PermissionName }).then(
        (status) => status.state,
        () => 'denied',
      ),
    ),
  )
  return devices.filter((_, index) => states[index] !== 'denied' && states[index] !== undefined)
}
