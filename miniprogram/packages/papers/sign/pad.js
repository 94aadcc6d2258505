// The pad under the finger: strokes as points, drawn on a canvas 2d. What counts and how a sheet lies on another size
// of pad is shared with the web (shared/strokes.js). Guide row S24; pains P34, P35.

import { lieOf, longEnough, round, strokesOf } from '../../../shared/strokes.js'

/** @typedef {import('../../../shared/strokes.js').Stroke} Stroke */
/** @typedef {import('../../../shared/strokes.js').Sheet} Sheet */
/** @typedef {import('../../../shared/strokes.js').InkPoint} InkPoint */
/** @typedef {{sheet: Sheet, groups: Stroke[]}} PadMemory what must outlive the page */

const THIN = 1.6
const THICK = 4.2
const SMOOTH = 0.6
const MIN_STEP = 2
const INK = '#111111'
const PRINT_WIDTH = 1000

/** @param {InkPoint} a @param {InkPoint} b */
const distance = (a, b) => Math.hypot(b.x - a.x, b.y - a.y)

/** Fast is thin, slow is thick. @param {InkPoint} a @param {InkPoint} b @param {number} before */
function widthOf(a, b, before) {
  const speed = distance(a, b) / Math.max(1, b.time - a.time)
  const wanted = Math.max(THIN, THICK / (speed + 1))
  return before + (wanted - before) * (1 - SMOOTH)
}

/**
 * Draws a stroke's points from `from` on, as curves through the middles of its steps.
 * @param {any} ctx @param {InkPoint[]} points @param {import('../../../shared/strokes.js').Lie} lie @param {{width: number}} pen @param {number} [from]
 */
function drawStroke(ctx, points, { scale, dx, dy }, pen, from = 0) {
  const x = (/** @type {number} */ value) => value * scale + dx
  const y = (/** @type {number} */ value) => value * scale + dy
  ctx.strokeStyle = INK
  ctx.fillStyle = INK
  ctx.lineCap = 'round'
  ctx.lineJoin = 'round'
  if (from === 0) {
    pen.width = (THIN + THICK) / 2
    ctx.beginPath()
    ctx.arc(x(points[0].x), y(points[0].y), (pen.width * scale) / 2, 0, 2 * Math.PI)
    ctx.fill()
  }
  for (let i = Math.max(1, from); i < points.length; i += 1) {
    const [a, b, c] = [points[Math.max(0, i - 2)], points[i - 1], points[i]]
    pen.width = widthOf(b, c, pen.width)
    ctx.lineWidth = pen.width * scale
    ctx.beginPath()
    ctx.moveTo(x((a.x + b.x) / 2), y((a.y + b.y) / 2))
    ctx.quadraticCurveTo(x(b.x), y(b.y), x((b.x + c.x) / 2), y((b.y + c.y) / 2))
    if (i === points.length - 1) ctx.lineTo(x(c.x), y(c.y))
    ctx.stroke()
  }
}

/** @param {any} canvas @param {Sheet} size css pixels @param {number} ratio */
function prepare(canvas, size, ratio) {
  canvas.width = Math.round(size.width * ratio)
  canvas.height = Math.round(size.height * ratio)
  const ctx = canvas.getContext('2d')
  ctx.setTransform?.(1, 0, 0, 1, 0, 0)
  ctx.scale(ratio, ratio)
  return ctx
}

/**
 * @param {(memory: PadMemory) => void} onChange after each stroke, 撤销 and 重写
 */
export function createPad(onChange) {
  /** @type {any} */
  let canvas = null
  /** @type {any} */
  let ctx = null
  let ratio = 1
  /** @type {Sheet} */
  let pad = { width: 0, height: 0 }
  /** @type {Sheet} */
  let sheet = { width: 0, height: 0 }
  /** @type {Stroke[]} */
  let groups = []
  /** @type {InkPoint[]|null} */
  let writing = null
  let pen = { width: THICK }

  const changed = () => onChange({ sheet, groups })

  function redraw() {
    if (!ctx) return
    ctx.clearRect(0, 0, pad.width, pad.height)
    if (!sheet.width) return
    const lie = lieOf(sheet, pad)
    for (const { points } of groups) drawStroke(ctx, points, lie, { width: THICK })
  }

  /** @param {{x: number, y: number, force?: number}} touch @param {number} time @returns {InkPoint} */
  function point({ x, y, force }, time) {
    const { scale, dx, dy } = lieOf(sheet, pad)
    const inside = (/** @type {number} */ value, /** @type {number} */ end) => round(Math.min(end, Math.max(0, value)))
    return { x: inside((x - dx) / scale, sheet.width), y: inside((y - dy) / scale, sheet.height), time, pressure: force && force > 0 ? Math.min(1, force) : 0.5 }
  }

  function end() {
    if (!writing) return
    groups = [...groups, { points: writing }]
    writing = null
    changed()
  }

  return {
    get empty() {
      return groups.length === 0 && !writing
    },
    get enough() {
      return longEnough(groups, sheet)
    },
    /** The canvas is there, or has another size. @param {any} node @param {Sheet} size @param {number} pixelRatio */
    attach(node, size, pixelRatio) {
      end() // a turned phone ends the stroke
      canvas = node
      pad = size
      ratio = pixelRatio
      if (!groups.length) sheet = size
      ctx = prepare(canvas, size, ratio)
      redraw()
    },
    /** @param {{x: number, y: number, force?: number}} touch @param {number} time */
    start(touch, time) {
      if (!ctx) return
      end()
      writing = [point(touch, time)]
      pen = { width: THICK }
      drawStroke(ctx, writing, lieOf(sheet, pad), pen)
    },
    /** @param {{x: number, y: number, force?: number}} touch @param {number} time */
    move(touch, time) {
      if (!writing) return
      const next = point(touch, time)
      if (distance(writing[writing.length - 1], next) < MIN_STEP) return
      writing.push(next)
      drawStroke(ctx, writing, lieOf(sheet, pad), pen, writing.length - 1)
    },
    end,
    undo() {
      writing = null
      groups = groups.slice(0, -1)
      if (!groups.length) sheet = pad
      redraw()
      changed()
    },
    clear() {
      writing = null
      groups = []
      sheet = pad
      redraw()
      changed()
    },
    /** @returns {PadMemory} */
    memory: () => ({ sheet, groups }),
    /** @param {PadMemory} memory */
    restore(memory) {
      sheet = memory.sheet
      groups = memory.groups
      redraw()
    },
    /**
     * What goes to the server. `print` is a second canvas: the strokes once more, black on white, the same size on every phone.
     * @param {any} print
     */
    handwriting(print) {
      const size = { width: PRINT_WIDTH, height: Math.round((PRINT_WIDTH * sheet.height) / sheet.width) }
      const paper = prepare(print, size, 1)
      paper.fillStyle = '#ffffff'
      paper.fillRect(0, 0, size.width, size.height)
      const lie = { scale: PRINT_WIDTH / sheet.width, dx: 0, dy: 0 }
      for (const { points } of groups) drawStroke(paper, points, lie, { width: THICK })
      return { strokes: strokesOf(groups), width: round(sheet.width), height: round(sheet.height), image: print.toDataURL('image/png') }
    },
  }
}

/** @typedef {ReturnType<typeof createPad>} Pad */
