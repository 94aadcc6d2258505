import { onScopeDispose, shallowRef, triggerRef, type ShallowRef } from 'vue'
import { createSession, type Session, type SessionState } from '@shared/session.js'
import { newKey, useClient } from './client'

export interface LiveSession {
  /** The newest state; replaced as a whole at each change. */
  state: ShallowRef<SessionState>
  session: Session
}

/** A session as reactive state, started now and stopped with the component. */
export function useSession(id: string, endpoint: string): LiveSession {
  const client = useClient()
  const state = shallowRef<SessionState>()
  const session = createSession({
    id,
    endpoint,
    api: client.api,
    connect: client.connect,
    newKey,
    onChange(next) {
      state.value = next
      triggerRef(state)
    },
  })
  state.value = session.state
  const wake = () => document.visibilityState === 'visible' && session.refresh().catch(() => undefined)
  document.addEventListener('visibilitychange', wake)
  void session.start()
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', wake)
    session.stop()
  })
  return { state: state as ShallowRef<SessionState>, session }
}
