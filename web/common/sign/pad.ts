import SignaturePad, { type PointGroup } from 'signature_pad'
import { lieOf, longEnough, round, strokesOf } from '@shared/strokes.js'

/**
 * Handwriting on a canvas that may change its size at any time (P34, P35; case S26).
 *
 * The strokes are kept in the measure of the sheet they were written on ("sheet" = css size of the canvas
 * at the first stroke). Turning the phone, a keyboard or a collapsing address bar only changes how the
 * sheet is shown: shrunk to fit, centred, never cut, nothing lost.
 */

export interface Point {
  x: number
  y: number
  /** Milliseconds from the first point. */
  t: number
  /** Pressure 0..1. */
  p: number
}

export interface Handwriting {
  strokes: Point[][]
  width: number
  height: number
  /** PNG on white, as a data URL. */
  image: string
}

/** What must outlive a reload of the page. */
export interface PadMemory {
  sheet: { width: number; height: number }
  groups: PointGroup[]
}

export interface Pad {
  readonly empty: boolean
  /** Long enough to be a name; the server has the same rule and the last word. */
  readonly enough: boolean
  clear(): void
  undo(): void
  /** Measure the canvas again (called by itself on every change of size). */
  fit(): void
  handwriting(): Handwriting
  memory(): PadMemory
  restore(memory: PadMemory): void
  lock(locked: boolean): void
  destroy(): void
}

const PEN = { minWidth: 1.6, maxWidth: 4.2, penColor: '#111', velocityFilterWeight: 0.6 }
const IMAGE_WIDTH = 1000

export function createPad(canvas: HTMLCanvasElement, onChange: () => void = () => undefined): Pad {
  const pad = new SignaturePad(canvas, { ...PEN, minDistance: 2, throttle: 0 })
  let sheet = { width: 0, height: 0 }
  let kept: PointGroup[] = []

  /** How the sheet lies on the canvas now. */
  const lie = () => lieOf(sheet, cssSize(canvas))

  const draw = () => {
    const { scale, dx, dy } = lie()
    pad.fromData(kept.map((group) => moved(group, scale, dx, dy)))
  }

  const fit = () => {
    const { width, height } = cssSize(canvas)
    if (!width || !height) return
    const ratio = Math.max(window.devicePixelRatio || 1, 1)
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.getContext('2d')!.scale(canvas.width / width, canvas.height / height)
    if (!kept.length) sheet = { width, height }
    draw()
  }

  const finished = () => {
    const { scale, dx, dy } = lie()
    const fresh = pad.toData().slice(kept.length)
    kept = [...kept, ...fresh.map((group) => moved(group, 1 / scale, -dx / scale, -dy / scale))]
    onChange()
  }
  pad.addEventListener('endStroke', finished)

  const observer = new ResizeObserver(() => {
    const { width, height } = cssSize(canvas)
    const ratio = Math.max(window.devicePixelRatio || 1, 1)
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) fit()
  })
  observer.observe(canvas)
  fit()

  return {
    get empty() {
      return kept.length === 0
    },
    get enough() {
      return longEnough(kept, sheet)
    },
    clear() {
      kept = []
      fit()
      onChange()
    },
    undo() {
      kept = kept.slice(0, -1)
      fit()
      onChange()
    },
    fit,
    handwriting() {
      return { strokes: strokesOf(kept), width: round(sheet.width), height: round(sheet.height), image: flatten(kept, sheet) }
    },
    memory: () => ({ sheet, groups: kept }),
    restore(memory) {
      sheet = memory.sheet
      kept = memory.groups
      fit()
      onChange()
    },
    lock(locked) {
      if (locked) pad.off()
      else pad.on()
    },
    destroy() {
      observer.disconnect()
      pad.off()
    },
  }
}

/** The inner size: a border takes no ink. */
function cssSize(canvas: HTMLCanvasElement) {
  return { width: canvas.clientWidth, height: canvas.clientHeight }
}

function moved(group: PointGroup, scale: number, dx: number, dy: number): PointGroup {
  return {
    ...group,
    minWidth: group.minWidth * scale,
    maxWidth: group.maxWidth * scale,
    dotSize: group.dotSize * scale,
    points: group.points.map((point) => ({ ...point, x: point.x * scale + dx, y: point.y * scale + dy })),
  }
}

/** Drawn again on white, the same size on every phone. */
function flatten(groups: PointGroup[], sheet: PadMemory['sheet']): string {
  const canvas = document.createElement('canvas')
  const scale = IMAGE_WIDTH / sheet.width
  canvas.width = IMAGE_WIDTH
  canvas.height = Math.round(sheet.height * scale)
  const pad = new SignaturePad(canvas, { ...PEN, backgroundColor: '#fff' })
  pad.off()
  pad.fromData(groups.map((group) => moved(group, scale, 0, 0)))
  return canvas.toDataURL('image/png')
}
