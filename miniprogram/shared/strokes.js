// Handwriting as points, whatever draws it (P34, P35; case S26).
//
// The strokes are kept in the measure of the sheet they were written on: the size of the pad at the first stroke.
// Turning the phone only changes how the sheet lies on the pad: shrunk to fit, centred, never cut, nothing lost.

/** @typedef {{x: number, y: number, time: number, pressure: number}} InkPoint time in milliseconds, of any origin */
/** @typedef {{points: InkPoint[]}} Stroke */
/** @typedef {{width: number, height: number}} Sheet */
/** @typedef {{scale: number, dx: number, dy: number}} Lie */

const MIN_POINTS = 8
/** Ink and extent as shares of the sheet's diagonal: a dot is less, two short strokes of a name are more. */
const MIN_INK = 0.12
const MIN_EXTENT = 0.05

/** One decimal is a tenth of a pixel: enough for evidence, short on the wire. @param {number} value */
export const round = (value) => Math.round(value * 10) / 10

/** How a sheet lies on a pad of this size. @param {Sheet} sheet @param {Sheet} pad @returns {Lie} */
export function lieOf(sheet, pad) {
  const scale = Math.min(pad.width / sheet.width, pad.height / sheet.height)
  return { scale, dx: (pad.width - sheet.width * scale) / 2, dy: (pad.height - sheet.height * scale) / 2 }
}

/**
 * The strokes as the server takes them: times count from the first point, pressure is never nothing.
 * @param {Stroke[]} groups
 */
export function strokesOf(groups) {
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

/** Long enough to be a name; the server has the same rule and the last word. @param {Stroke[]} groups @param {Sheet} sheet */
export function longEnough(groups, sheet) {
  const points = groups.flatMap((group) => group.points)
  if (points.length < MIN_POINTS) return false
  const diagonal = Math.hypot(sheet.width, sheet.height)
  let ink = 0
  for (const { points: line } of groups) {
    for (let i = 1; i < line.length; i += 1) ink += Math.hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y)
  }
  const xs = points.map((point) => point.x)
  const ys = points.map((point) => point.y)
  const extent = Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys))
  return ink >= MIN_INK * diagonal && extent >= MIN_EXTENT * diagonal
}
