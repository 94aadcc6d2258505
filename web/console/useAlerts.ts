import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** Sound and a flashing title when someone new waits (M54). The sound is made here: no file, no wait. */

let context: AudioContext | null = null

/** Inside a press: browsers let a page sound only after one. */
export function unlockSound(): void {
  context ??= new AudioContext()
  void context.resume()
}

function chime(notes: number[]): void {
  if (context?.state !== 'running') return
  notes.forEach((pitch, index) => {
    const start = context!.currentTime + index * 0.16
    const tone = context!.createOscillator()
    const volume = context!.createGain()
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(0, start)
    volume.gain.linearRampToValueAtTime(0.18, start + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.4)
    tone.connect(volume).connect(context!.destination)
    tone.start(start)
    tone.stop(start + 0.45)
  })
}

const STORE = 'shipinban.sound'

export function useAlerts(waiting: Ref<string[]>, listening: Ref<boolean>) {
  const sound = ref(localStorage.getItem(STORE) !== '0')
  let title = ''
  let flashing: ReturnType<typeof setInterval> | undefined
  let known: Set<string> | null = null

  const still = () => {
    if (!flashing) return
    clearInterval(flashing)
    flashing = undefined
    document.title = title
  }
  const flash = (text: string) => {
    if (!flashing) title = document.title
    clearInterval(flashing)
    let on = true
    document.title = text
    flashing = setInterval(() => {
      on = !on
      document.title = on ? text : title
    }, 900)
  }

  watch(
    waiting,
    (ids) => {
      const fresh = known === null ? [] : ids.filter((id) => !known!.has(id))
      known = new Set(ids)
      if (!ids.length || !listening.value) return still()
      if (!fresh.length) return
      if (sound.value) chime([660, 880])
      flash(`【${ids.length} 人等候】新的申请人`)
    },
    { immediate: true },
  )
  watch(listening, (on) => !on && still())
  watch(sound, (on) => localStorage.setItem(STORE, on ? '1' : '0'))
  window.addEventListener('focus', still)
  onScopeDispose(() => {
    window.removeEventListener('focus', still)
    still()
  })
  return {
    sound,
    /** The applicant answered, a signature came …: a shorter sound. */
    tick: () => sound.value && chime([990]),
  }
}
