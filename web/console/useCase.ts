import { computed, inject, provide, shallowRef, watch, type InjectionKey } from 'vue'
import { visibleCards } from '@shared/reducer.js'
import type { Material, TimelineEvent, View } from '@shared/types.js'
import { useCall } from '@common/call/useCall'
import { useClient } from '@common/client'
import { useVoice } from '@common/notify'
import { useSession } from '@common/useSession'

/** The view as staff get it. */
export interface StaffView extends Omit<View, 'materials' | 'commitment'> {
  side: 'agent' | 'observer'
  booking_id: string
  applicant: { masked_name: string; real_name_level: number }
  materials?: StaffMaterial[]
  commitment?: StaffCommitment | null
  endpoints: string[]
}

export interface StaffVersion {
  no: number
  state: string
  reason: string | null
  attachment_id: string
  name: string
  mime: string
  size: number
  pages?: number | null
  checked_by?: string | null
  checked_at?: string | null
  copy_attachment_id?: string | null
}

export interface StaffMaterial extends Omit<Material, 'versions'> {
  requirement_id?: string | null
  actions?: string[]
  versions: StaffVersion[]
}

export interface StaffCommitment {
  id: string
  state: 'pushed' | 'read' | 'signed' | 'rejected' | 'withdrawn'
  title: string
  version?: number
  countdown_seconds?: number
  read_seconds_left?: number
  reason?: string | null
  signed_at?: string | null
  signature?: { id: string; at: string; method: string } | null
  ticket?: { state: string; expires_at: string } | null
}

/** One case in an agent's hands: session, call and screen in one. */
export function createCase(id: string) {
  const { api } = useClient()
  const { attempt } = useVoice()
  const { state, session } = useSession(id, 'agent')

  const view = computed(() => state.value.view as StaffView | null)
  const cards = computed(() => visibleCards(state.value.chat))
  const connection = computed(() => state.value.connection)
  const endpoints = computed(() => state.value.endpoints)

  const { call, view: media } = useCall({
    role: 'agent',
    endpoint: 'agent',
    send: (to, epoch, data) => void session.socket.send({ t: 'signal', to, epoch, data }, { keep: false }),
    iceServers: async () => (await api.ice(id)).ice_servers,
    onFault: (where, error) => console.warn('call', where, error),
  })
  session.listen((message) => {
    if (message.t === 'signal') call.receive({ from: message.from, epoch: message.epoch, data: message.data })
  })
  watch(connection, (now) => call.signalling(now === 'live'), { immediate: true })
  watch(endpoints, (now) => call.presence(now), { immediate: true })
  watch(
    () => {
      const now = view.value
      const on = now?.side === 'agent' && now.state === 'active' && now.call?.state === 'on'
      return on ? `${now.call!.epoch} ${now.call!.media_endpoint ?? 'applicant-pc'}` : ''
    },
    (key) => {
      if (!key) return call.stop()
      const [epoch, peer] = key.split(' ')
      call.start({ epoch: Number(epoch), peer: peer! })
    },
    { immediate: true },
  )

  // The timeline as it stands, for the cards that need more than the chat: consents, devices, notes.
  const events = shallowRef<TimelineEvent[]>([])
  let fetching = false
  async function fetchEvents() {
    if (fetching) return
    fetching = true
    try {
      for (let more = true; more; ) {
        const last = events.value.at(-1)?.seq ?? 0
        const page = await api.events(id, last)
        events.value = [...events.value, ...page.events.filter((event: TimelineEvent) => event.seq > last)]
        more = page.events.length > 0 && (events.value.at(-1)?.seq ?? 0) < page.seq
      }
    } finally {
      fetching = false
    }
    if ((events.value.at(-1)?.seq ?? 0) < state.value.chat.seq) await fetchEvents()
  }
  watch(
    () => state.value.chat.seq,
    () => void fetchEvents().catch(() => undefined),
    { immediate: true },
  )

  const act = <T>(command: () => Promise<T>, done?: string) => attempt(() => session.act(command), done)
  const may = (action: string) => view.value?.actions.includes(action) ?? false

  const room = {
    id,
    state,
    session,
    view,
    cards,
    events,
    connection,
    endpoints,
    call,
    media,
    act,
    may,
    /** The applicant's picture right now, as a JPEG. */
    frame: shallowRef<() => Promise<Blob | null>>(async () => null),
    suspend: (reason: string, missing: string[]) => act(() => api.suspend(id, reason, missing), '会话已挂起'),
    startCall: () => act(() => api.startCall(id, 'agent')),
    endCall: () => act(() => api.endCall(id)),
    screen: (step: 'request' | 'stopped') => act(() => api.screen(id, step)),
    control: (step: 'request' | 'stopped') => act(() => api.control(id, step)),
    point: (x: number, y: number) => session.socket.send({ t: 'pointer', x, y }, { keep: false }),
    pushCommitment: () => act(() => api.post(`/sessions/${id}/commitments`), '承诺书已推送'),
    withdrawCommitment: (commitment: string) => act(() => api.post(`/commitments/${commitment}/withdraw`), '承诺书已撤回'),
    rejectSignature: (commitment: string, reason: string) =>
      act(() => api.post(`/commitments/${commitment}/reject`, { reason }), '已请申请人重新签名'),
    pushMaterials: (requirement_ids: string[], items: { name: string; note: string; original_required: boolean }[]) =>
      act(() => api.post(`/sessions/${id}/materials`, { requirement_ids, items }), '材料清单已推送'),
    verify: (material: string, no: number) => act(() => api.post(`/materials/${material}/verify`, { no }), '已核验'),
    reject: (material: string, reason: string, no: number) =>
      act(() => api.post(`/materials/${material}/reject`, { reason, no }), '已退回'),
    reopen: (material: string, reason: string) => act(() => api.post(`/materials/${material}/reopen`, { reason }), '已重新打开'),
    withdrawMaterial: (material: string) => act(() => api.post(`/materials/${material}/withdraw`), '已撤回'),
    pushPickup: () => act(() => api.post(`/sessions/${id}/pickup`), '取件信息表已推送'),
    cancelPickup: () => act(() => api.post(`/sessions/${id}/pickup/cancel`), '已取消取件'),
    note: (text: string) => act(() => api.post(`/sessions/${id}/notes`, { text })),
    complete: (outcome: string, note: string) => act(() => api.post(`/sessions/${id}/complete`, { outcome, note }), '已办结'),
    reveal: (field: string, reason: string) => attempt(() => api.post(`/console/sessions/${id}/reveal`, { field, reason })),
  }
  provide(KEY, room)
  return room
}

export type Case = ReturnType<typeof createCase>
const KEY: InjectionKey<Case> = Symbol('case')

export function useCase(): Case {
  const found = inject(KEY)
  if (!found) throw new Error('no case provided')
  return found
}
