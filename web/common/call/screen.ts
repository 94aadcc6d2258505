import { mediaProblem } from './problems'
import type { MediaProblem } from './types'

/** Taking the picture of the screen. The guide asks for the whole screen (S21); browsers can't force it (P30). */

export type Surface = 'monitor' | 'window' | 'browser' | 'unknown'

export type ScreenPick =
  { ok: true; track: MediaStreamTrack; surface: Surface } | { ok: false; problem: MediaProblem }

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
