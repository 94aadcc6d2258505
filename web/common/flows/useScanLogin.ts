import { computed, onScopeDispose, ref } from 'vue'
import { useClient } from '../client'
import { serverNow } from '../serverClock'
import { useNow } from '../useNow'

export type ScanState = 'loading' | 'new' | 'scanned' | 'confirmed' | 'refused' | 'expired' | 'failed'

const LOOK_EVERY_MS = 2000
const OVER: ScanState[] = ['refused', 'expired', 'failed']

/** A QR code that signs this browser in once a phone has said yes; the cookie of this browser alone collects it. Row S3. */
export function useScanLogin(arrived: () => unknown) {
  const { api, auth } = useClient()
  const now = useNow()
  const state = ref<ScanState>('loading')
  const qr = ref('')
  const endsAt = ref(0)
  const whole = ref(0)
  const left = computed(() => Math.min(whole.value, Math.max(0, endsAt.value - now.value)))
  let id = ''
  let timer: ReturnType<typeof setTimeout> | undefined

  async function renew() {
    clearTimeout(timer)
    state.value = 'loading'
    try {
      const asked = await api.post('/auth/scan')
      id = asked.id
      qr.value = asked.qr
      whole.value = asked.expires_in * 1000
      endsAt.value = serverNow() + whole.value
      state.value = 'new'
      look(id)
    } catch {
      state.value = 'failed'
    }
  }

  /** Asks again while the page can be seen; a page that comes back asks at once. */
  function look(mine: string) {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      if (mine !== id || OVER.includes(state.value)) return
      if (document.visibilityState === 'visible') await ask(mine)
      if (mine === id && !OVER.includes(state.value)) look(mine)
    }, LOOK_EVERY_MS)
  }

  async function ask(mine: string) {
    const reply = await api.get(`/auth/scan/${mine}`).catch((error) => (error.status >= 400 ? { state: 'expired' } : null))
    if (!reply || mine !== id) return // no answer: the next look tells
    state.value = reply.state
    if (reply.state === 'confirmed') await collect(mine)
  }

  async function collect(mine: string) {
    try {
      auth.adopt(await api.post(`/auth/scan/${mine}/claim`))
      id = ''
      await arrived()
    } catch {
      state.value = 'expired'
    }
  }

  const wake = () => document.visibilityState === 'visible' && id && !OVER.includes(state.value) && void ask(id)
  document.addEventListener('visibilitychange', wake)
  onScopeDispose(() => {
    id = ''
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', wake)
  })
  void renew()
  return { state, qr, left, renew }
}
