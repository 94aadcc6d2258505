import { mediaProblem } from './problems'
import type { MediaProblem } from './types'

/** Device check before and while waiting (S29, M23): own picture, level meter, what is missing. */

export interface DeviceReport {
  camera: 'ok' | 'missing' | 'refused' | 'busy' | 'failed'
  microphone: 'ok' | 'missing' | 'refused' | 'busy' | 'failed'
  cameras: number
  microphones: number
  speakers: number
  problems: MediaProblem[]
}

export interface DeviceCheck {
  report: DeviceReport
  /** Own picture and sound; null when nothing could be opened. */
  stream: MediaStream | null
  /** Loudness 0..1 of the microphone right now. */
  level(): number
  stop(): void
}

async function tryOpen(kind: 'camera' | 'microphone'): Promise<MediaStream | MediaProblem> {
  if (!navigator.mediaDevices?.getUserMedia) {
    return mediaProblem({ name: window.isSecureContext ? 'TypeError' : 'SecurityError' }, kind)
  }
  try {
    return await navigator.mediaDevices.getUserMedia(kind === 'camera' ? { video: true } : { audio: true })
  } catch (error) {
    return mediaProblem(error, kind)
  }
}

function verdict(result: MediaStream | MediaProblem): DeviceReport['camera'] {
  if (result instanceof MediaStream) return 'ok'
  if (result.code === 'missing' || result.code === 'refused' || result.code === 'busy') return result.code
  return 'failed'
}

export async function checkDevices(): Promise<DeviceCheck> {
  const camera = await tryOpen('camera')
  const microphone = await tryOpen('microphone')
  const devices = await (navigator.mediaDevices?.enumerateDevices?.() ?? Promise.resolve([]))
  const count = (kind: MediaDeviceKind) => devices.filter((d) => d.kind === kind).length
  const opened = [camera, microphone].filter((r): r is MediaStream => r instanceof MediaStream)
  const tracks = opened.flatMap((s) => s.getTracks())
  const meter = microphone instanceof MediaStream ? levelMeter(microphone) : null
  return {
    report: {
      camera: verdict(camera),
      microphone: verdict(microphone),
      cameras: count('videoinput'),
      microphones: count('audioinput'),
      speakers: count('audiooutput'),
      problems: [camera, microphone].filter((r): r is MediaProblem => !(r instanceof MediaStream)),
    },
    stream: tracks.length ? new MediaStream(tracks) : null,
    level: () => meter?.level() ?? 0,
    stop() {
      meter?.stop()
      tracks.forEach((t) => t.stop())
    },
  }
}

/** Loudness of a stream's sound, 0..1 (root mean square, scaled so that talking fills about two thirds). */
export function levelMeter(stream: MediaStream): { level(): number; stop(): void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 512
  const source = context.createMediaStreamSource(stream)
  source.connect(analyser)
  void context.resume()
  const samples = new Float32Array(analyser.fftSize)
  return {
    level() {
      analyser.getFloatTimeDomainData(samples)
      const mean = samples.reduce((sum, value) => sum + value * value, 0) / samples.length
      return Math.min(1, Math.sqrt(mean) * 4)
    },
    stop() {
      source.disconnect()
      void context.close()
    },
  }
}
