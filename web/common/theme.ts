import { ref, watch } from 'vue'

const STORE = 'shipinban.elder'

function stored(): boolean {
  try {
    return localStorage.getItem(STORE) === '1'
  } catch {
    return false // storage may be forbidden; then the choice lasts as long as the page
  }
}

/** 长辈模式: everything at 22 px instead of 16. */
export const elder = ref(stored())

/** Follows the device's dark mode and the elder switch. Called once, before the first paint. */
export function applyTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const paint = () => document.documentElement.setAttribute('theme-mode', dark.matches ? 'dark' : 'light')
  dark.addEventListener('change', paint)
  paint()
  watch(
    elder,
    (on) => {
      document.documentElement.toggleAttribute('data-elder', on)
      try {
        localStorage.setItem(STORE, on ? '1' : '0')
      } catch {
        // see stored()
      }
    },
    { immediate: true },
  )
}
