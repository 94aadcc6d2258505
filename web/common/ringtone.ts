/** A soft two-tone ring until the returned function is called; silent where the browser wants a press first. */
export function startRinging(): () => void {
  const context = new AudioContext()
  const beep = () => {
    if (context.state !== 'running') return
    for (const [i, pitch] of [660, 880].entries()) {
      const tone = context.createOscillator()
      const gain = context.createGain()
      const at = context.currentTime + i * 0.28
      tone.frequency.value = pitch
      gain.gain.setValueAtTime(0.0001, at)
      gain.gain.exponentialRampToValueAtTime(0.15, at + 0.03)
      gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.25)
      tone.connect(gain).connect(context.destination)
      tone.start(at)
      tone.stop(at + 0.26)
    }
  }
  void context.resume().then(beep, () => undefined)
  const timer = setInterval(beep, 1800)
  return () => {
    clearInterval(timer)
    void context.close()
  }
}
