import { computed, inject, onScopeDispose, provide, ref, watch, type InjectionKey } from 'vue'
import { useClient } from '@common/client'
import { useVoice } from '@common/notify'
import { useLoad } from '@common/useLoad'
import type { SocketState } from '@shared/socket.js'

/** One session as a line of the queue. */
export interface Line {
  id: string
  number: string
  state: string
  item: { id: string; name: string }
  applicant: string
  place: number | null
  returning: boolean
  away: boolean
  slot_at: string | null
  own_agent_id: string | null
  waited_seconds: number
  served_seconds: number
  suspended: { by?: string; reason?: string; missing: string[]; expires_at?: string } | null
  outcome: string | null
}

export type DutyState = 'offline' | 'idle' | 'serving' | 'wrap_up' | 'break'

export interface Duty {
  state: DutyState
  since: string | null
  choices: DutyState[]
}

export interface ConsoleState {
  me: { id: string; name: string; number: string; roles: string[]; skill_groups: { id: string; name: string }[] }
  duty: Duty
  figures: {
    served_today: number
    minutes_today: number
    waiting: number
    longest_wait_seconds: number
    agents_online: number
  }
  waiting: Line[]
  ringing: Line | null
  mine: Line[]
  suspended: Line[]
  wrap_up: Line | null
}

export const DUTY_WORDS: Record<DutyState, string> = {
  offline: '离线',
  idle: '在线',
  serving: '服务中',
  wrap_up: '整理中',
  break: '小休',
}

const POLL_LIVE_MS = 15_000
const POLL_LOST_MS = 4_000
const SETTLE_MS = 150

/** The agent's desk: duty, line and own sessions; the socket hints, the server says (P10). */
export function createDesk() {
  const { api, connect } = useClient()
  const { attempt } = useVoice()
  const connection = ref<SocketState>('idle')
  const fetchedAt = ref(Date.now())
  const busy = ref('')

  const load = useLoad<ConsoleState>(async () => {
    const state = await api.get('/console/state')
    fetchedAt.value = Date.now()
    return state
  })
  const data = computed(() => load.data)

  let settle: ReturnType<typeof setTimeout> | undefined
  const hint = () => {
    clearTimeout(settle)
    settle = setTimeout(() => void load.reload(true), SETTLE_MS)
  }
  const socket = connect({
    ticket: () => api.socketTicket({ channel: 'console' }),
    onMessage: (message) => {
      if (message.t !== 'presence') hint()
    },
    onState: (state) => (connection.value = state),
  })
  socket.start()

  let poll: ReturnType<typeof setTimeout> | undefined
  const again = () => {
    poll = setTimeout(
      async () => {
        await load.reload(true)
        again()
      },
      connection.value === 'live' ? POLL_LIVE_MS : POLL_LOST_MS,
    )
  }
  again()
  watch(connection, (now) => now === 'live' && hint())

  onScopeDispose(() => {
    clearTimeout(settle)
    clearTimeout(poll)
    socket.close()
  })

  /** One command at a time; afterwards the state is taken anew whether it worked or not. */
  async function act<T>(name: string, command: () => Promise<T>, done?: string): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = name
    try {
      return await attempt(command, done)
    } finally {
      busy.value = ''
      await load.reload(true)
    }
  }

  const desk = {
    load,
    data,
    connection,
    fetchedAt,
    busy,
    reload: () => load.reload(true),
    go: (state: DutyState) => act('duty', () => api.post('/console/duty', { state })),
    next: () => act('next', () => api.post('/console/next')),
    accept: (id: string) => act(id, () => api.post(`/console/sessions/${id}/accept`)),
    cancelRing: (id: string) => act('cancel-ring', () => api.post(`/console/sessions/${id}/cancel-ring`)),
    wrapUpDone: () => act('wrap-up', () => api.post('/console/wrap-up/done')),
  }
  provide(KEY, desk)
  return desk
}

export type Desk = ReturnType<typeof createDesk>
const KEY: InjectionKey<Desk> = Symbol('desk')

export function useDesk(): Desk {
  const desk = inject(KEY)
  if (!desk) throw new Error('no desk provided')
  return desk
}
