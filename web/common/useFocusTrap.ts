import { onBeforeUnmount, onMounted, type Ref } from 'vue'

const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])'

/** Keyboard focus goes into the dialog, stays there, and returns to where it was. */
export function useFocusTrap(find: () => HTMLElement | null | undefined, anchor: Ref<HTMLElement | undefined>) {
  const before = document.activeElement as HTMLElement | null
  let box: HTMLElement | null = null

  function turn(event: KeyboardEvent) {
    if (event.key !== 'Tab' || !box) return
    const stops = [...box.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((element) => element.offsetParent !== null)
    if (!stops.length) return
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1]
    const inside = box.contains(document.activeElement)
    if (inside && document.activeElement !== edge && document.activeElement !== anchor.value) return
    if (inside && document.activeElement === anchor.value && !event.shiftKey) return
    event.preventDefault()
    ;(event.shiftKey ? stops[stops.length - 1] : stops[0]).focus()
  }
  onMounted(() => {
    box = find() ?? null
    anchor.value?.focus({ preventScroll: true })
    document.addEventListener('keydown', turn)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('keydown', turn)
    before?.focus?.({ preventScroll: true })
  })
}
