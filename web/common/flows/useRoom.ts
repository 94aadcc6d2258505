import { computed, onScopeDispose, ref, watch } from 'vue'
import { visibleCards } from '@shared/reducer.js'
import type { ScreenShare } from '../call'
import { useCall } from '../call/useCall'
import { useClient } from '../client'
import { useSession } from '../useSession'

/**
 * The applicant's room: session, call and screen in one. The server says what may be done (actions, prompts) and
 * which device carries the call; the page follows. Guide rows S18–S21, S30, S41–S46.
 */
export function useRoom(id: string, endpoint: 'applicant-pc' | 'applicant-phone') {
  const { api } = useClient()
  const { state, session } = useSession(id, endpoint)

  const view = computed(() => state.value.view)
  const cards = computed(() => visibleCards(state.value.chat))
  const connection = computed(() => state.value.connection)

  const { call, view: media } = useCall({
    role: 'applicant',
    endpoint,
    send: (to, epoch, data) => session.socket.send({ t: 'signal', to, epoch, data }),
    iceServers: async () => {
      const { ice_servers } = await api.ice(id)
      return ice_servers
    },
    onFault: (where, error) => console.warn('call', where, error),
  })

  const unlisten = session.listen((message) => {
    if (message.t === 'signal') call.receive({ from: message.from, epoch: message.epoch, data: message.data })
  })
  watch(connection, (now) => call.signalling(now === 'live'), { immediate: true })
  watch(
    () => state.value.endpoints,
    (endpoints) => call.presence(endpoints),
  )

  /** The call runs on this device, on another one of mine, or nowhere. */
  const callPlace = computed<'none' | 'here' | 'elsewhere'>(() => {
    const now = view.value?.call
    if (view.value?.state !== 'active' || now?.state !== 'on') return 'none'
    return now.media_endpoint === endpoint ? 'here' : 'elsewhere'
  })
  watch(
    () => [callPlace.value, view.value?.call?.epoch] as const,
    ([place, epoch]) => {
      if (place === 'here') call.start({ epoch: epoch!, peer: 'agent' })
      else call.stop()
    },
    { immediate: true },
  )

  // The screen: the server's state and the browser's own must end together, whoever ends it.
  const sharing = computed(() => media.localScreen !== null)
  watch(sharing, (on, was) => {
    if (was && !on && ['granted', 'on'].includes(view.value?.screen?.state ?? '')) {
      void session.act(() => api.screen(id, 'stopped')).catch(() => undefined)
    }
  })
  watch(
    () => view.value?.screen?.state,
    (now, was) => {
      if (was === 'on' && now === 'none') call.stopScreen()
    },
  )

  /** Ask the browser for the screen inside the press, then tell the server. Only the whole screen counts (S21). */
  async function shareScreen(): Promise<ScreenShare> {
    const share = await call.startScreen()
    if (!share.ok) {
      if (share.reason === 'not_monitor') share.drop()
      return share
    }
    try {
      if (view.value?.screen?.state !== 'granted') await api.screen(id, 'grant')
      await api.screen(id, 'started', { surface: share.surface })
    } catch (error) {
      call.stopScreen()
      throw error
    } finally {
      await session.refresh().catch(() => undefined)
    }
    return share
  }

  // The agent's pointer on the shared screen, gone when it rests.
  const pointer = ref<{ x: number; y: number } | null>(null)
  let pointerTimer: ReturnType<typeof setTimeout> | undefined
  const unpoint = session.listen((message) => {
    if (message.t !== 'pointer') return
    pointer.value = { x: message.x, y: message.y }
    clearTimeout(pointerTimer)
    pointerTimer = setTimeout(() => (pointer.value = null), 3000)
  })

  onScopeDispose(() => {
    clearTimeout(pointerTimer)
    unlisten()
    unpoint()
  })

  const act = session.act
  return {
    id,
    endpoint,
    state,
    session,
    view,
    cards,
    connection,
    call,
    media,
    callPlace,
    sharing,
    pointer,
    shareScreen,
    may: (action: string) => view.value?.actions.includes(action) ?? false,
    stopScreen: () => call.stopScreen(),
    refuseScreen: () => act(() => api.screen(id, 'refuse')),
    answerControl: (yes: boolean) => act(() => api.control(id, yes ? 'grant' : 'refuse')),
    stopControl: () => act(() => api.control(id, 'stopped')),
    answer: () => act(() => api.answer(id, endpoint)),
    decline: () => act(() => api.decline(id)),
    leave: () => act(() => api.leave(id)),
    suspend: (reason: string, missing: string[]) => act(() => api.suspend(id, reason, missing)),
    callMe: () => act(() => api.callMe(id)),
    reconnect: () => act(() => api.reconnect(id)),
    startCall: () => act(() => api.startCall(id, endpoint)),
    endCall: () => act(() => api.endCall(id)),
  }
}

export type Room = ReturnType<typeof useRoom>
