import SignaturePad, { type PointGroup } from 'signature_pad'

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
const MIN_POINTS = 8
/** Ink and extent as shares of the sheet's diagonal: a dot is less, two short strokes of a name are more. */
const MIN_INK = 0.12
const MIN_EXTENT = 0.05
const IMAGE_WIDTH = 1000

export function createPad(canvas: HTMLCanvasElement, onChange: () => void = () => undefined): Pad {
  const pad = new SignaturePad(canvas, { ...PEN, minDistance: 2, throttle: 0 })
  let sheet = { width: 0, height: 0 }
  let kept: PointGroup[] = []

  /** How the sheet lies on the canvas now. */
  const lie = () => {
    const { width, height } = cssSize(canvas)
    const scale = Math.min(width / sheet.width, height / sheet.height)
    return { scale, dx: (width - sheet.width * scale) / 2, dy: (height - sheet.height * scale) / 2 }
  }

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

const round = (value: number) => Math.round(value * 10) / 10

function moved(group: PointGroup, scale: number, dx: number, dy: number): PointGroup {
  return {
    ...group,
    minWidth: group.minWidth * scale,
    maxWidth: group.maxWidth * scale,
    dotSize: group.dotSize * scale,
    points: group.points.map((point) => ({ ...point, x: point.x * scale + dx, y: point.y * scale + dy })),
  }
}

export function strokesOf(groups: PointGroup[]): Point[][] {
  const start = groups[0]?.points[0]?.time ?? 0
  return groups
    .filter((group) => group.points.length)
    .map((group) =>
      group.points.map(({ x, y, time, pressure }) => ({
        x: round(x),
        y: round(y),
        t: Math.max(0, Math.round(time - start)),
        p: Math.round(Math.min(1, Math.max(0, pressure || 0.5)) * 1000) / 1000,
      })),
    )
}

export function longEnough(groups: PointGroup[], sheet: PadMemory['sheet']): boolean {
  const points = groups.flatMap((group) => group.points)
  if (points.length < MIN_POINTS) return false
  const diagonal = Math.hypot(sheet.width, sheet.height)
  let ink = 0
  for (const { points: line } of groups) {
    for (let i = 1; i < line.length; i += 1) ink += Math.hypot(line[i]!.x - line[i - 1]!.x, line[i]!.y - line[i - 1]!.y)
  }
  const xs = points.map((point) => point.x)
  const ys = points.map((point) => point.y)
  const extent = Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys))
  return ink >= MIN_INK * diagonal && extent >= MIN_EXTENT * diagonal
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
