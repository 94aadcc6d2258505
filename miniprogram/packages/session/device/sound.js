/** How loud a piece of 16-bit sound is, 0…100, scaled so that talking fills about two thirds. @param {ArrayBuffer} frame */
export function loudness(frame) {
  const samples = new Int16Array(frame.slice(0, frame.byteLength - (frame.byteLength % 2)))
  if (!samples.length) return 0
  let sum = 0
  for (const sample of samples) sum += (sample / 32768) ** 2
  return Math.min(100, Math.round(Math.sqrt(sum / samples.length) * 400))
}
