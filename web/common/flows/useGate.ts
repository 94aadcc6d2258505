import { ref } from 'vue'
import type { ApiError } from '@shared/api.js'
import { useClient } from '../client'
import { useLoad } from '../useLoad'

/**
 * 材料齐全 → 用户授权、远程导办温馨提示 → 勾选同意后开始排队. Guide rows S15, S16, S40.
 * `entered` gets the session's id; `endpoint` is the device that enters.
 */
export function useGate(bookingId: string, endpoint: 'applicant-pc' | 'applicant-phone', entered: (sessionId: string) => unknown) {
  const { api } = useClient()
  const gate = useLoad<any>(() => api.gate(bookingId))
  const ready = ref(false)
  const busy = ref(false)
  const refusal = ref('')

  async function authorise() {
    busy.value = true
    refusal.value = ''
    try {
      const consents = gate.data.texts.map((text: any) => ({ text_id: text.id, version: text.version }))
      const view = await api.enterQueue(bookingId, { consents, materials_ready: true, endpoint })
      await entered(view.id)
    } catch (error) {
      refusal.value = (error as ApiError).message
      if ((error as ApiError).status === 409) void gate.reload(true)
    } finally {
      busy.value = false
    }
  }

  return { gate, ready, busy, refusal, authorise }
}
