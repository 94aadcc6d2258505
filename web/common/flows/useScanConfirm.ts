import { computed, ref } from 'vue'
import { useClient } from '../client'
import { useLoad } from '../useLoad'
import { useNow } from '../useNow'

export interface ScanAsked {
  browser: string
  system: string
  ip: string
  same_network: boolean
  purpose: string
  asked_at: string
  expires_at: string
}

/** The phone's side of a scanned sign-in: who asks and for what, then yes or no. Row S3. */
export function useScanConfirm(token: string) {
  const { api } = useClient()
  const now = useNow()
  const asked = useLoad<ScanAsked>(() => api.get(`/auth/scan/by-token/${encodeURIComponent(token)}`))
  const answered = ref<'yes' | 'no' | null>(null)
  const fault = ref('')
  const busy = ref(false)
  const left = computed(() => (asked.data ? Math.max(0, Date.parse(asked.data.expires_at) - now.value) : 0))

  async function answer(yes: boolean) {
    busy.value = true
    fault.value = ''
    try {
      await api.post(`/auth/scan/by-token/${encodeURIComponent(token)}/${yes ? 'confirm' : 'refuse'}`)
      answered.value = yes ? 'yes' : 'no'
    } catch (error) {
      fault.value = (error as Error).message
    } finally {
      busy.value = false
    }
  }

  return { asked, answered, fault, busy, left, answer }
}
