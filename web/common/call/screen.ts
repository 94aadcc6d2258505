import { mediaProblem } from './problems'
import type { MediaProblem } from './types'

/** Sharing one's screen. The guide asks for the whole of it (S21); browsers can't force that (P30). */

export type Surface = 'monitor' | 'window' | 'browser' | 'unknown'

export type ScreenPick =
  { ok: true; track: MediaStreamTrack; surface: Surface } | { ok: false; problem: MediaProblem }

export type ScreenShare =
  | { ok: true; surface: Surface }
  | { ok: false; reason: 'problem'; problem: MediaProblem }
  /** Not the whole screen (S21): tell the person to choose 整个屏幕; `keep` shares it all the same. */
  | { ok: false; reason: 'not_monitor'; surface: Surface; keep: () => void; drop: () => void }

export interface ScreenShareOptions {
  anySurface?: boolean
  constraints?: Record<string, unknown>
}

export const SURFACE_NAMES: Record<Surface, string> = {
  monitor: '整个屏幕',
  window: '一个窗口',
  browser: '一个标签页',
  unknown: '未知画面',
}

export function screenSupported(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
}

export async function pickScreen(extra: Record<string, unknown> = {}): Promise<ScreenPick> {
  if (!screenSupported()) return { ok: false, problem: mediaProblem({ name: 'TypeError' }, 'screen') }
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { displaySurface: 'monitor', frameRate: { ideal: 10, max: 15 } },
      audio: false,
      monitorTypeSurfaces: 'include',
      surfaceSwitching: 'exclude',
      selfBrowserSurface: 'include',
      ...extra,
    } as DisplayMediaStreamOptions)
    const track = stream.getVideoTracks()[0]!
    track.contentHint = 'detail'
    const surface = (track.getSettings().displaySurface ?? 'unknown') as Surface
    return { ok: true, track, surface }
  } catch (error) {
    return { ok: false, problem: mediaProblem(error, 'screen') }
  }
}

/** The page's own screen: one track at most, from the person's pick to the end by whatever hand (P29). */
export class SharedScreen {
  track: MediaStreamTrack | null = null

  constructor(
    private readonly o: {
      onTrack: (track: MediaStreamTrack | null) => void
      onStream: (stream: MediaStream | null, surface: Surface | null) => void
    },
  ) {}

  async start(options: ScreenShareOptions = {}): Promise<ScreenShare> {
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

  stop(): void {
    const { track } = this
    if (!track) return
    this.track = null
    track.onended = null
    track.stop()
    this.o.onTrack(null)
    this.o.onStream(null, null)
  }

  private share(track: MediaStreamTrack, surface: Surface): void {
    this.stop()
    if (track.readyState === 'ended') return
    this.track = track
    track.onended = () => this.stop() // the browser's own “stop sharing” bar (P29)
    this.o.onTrack(track)
    this.o.onStream(new MediaStream([track]), surface)
  }
}
