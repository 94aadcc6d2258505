import { getCurrentScope, onScopeDispose, shallowReactive } from 'vue'

export interface Load<T> {
  state: 'loading' | 'ready' | 'failed'
  data: T | null
  error: { message: string; status?: number; code?: string } | null
  reload: (quiet?: boolean) => Promise<void>
}

/** Loads at once, again on demand, and by itself when the network is back; an answer that comes too late is dropped. */
export function useLoad<T>(fetchIt: () => Promise<T>, { immediate = true } = {}): Load<T> {
  let latest = 0
  const load = shallowReactive<Load<T>>({
    state: 'loading',
    data: null,
    error: null,
    async reload(quiet = false) {
      const mine = (latest += 1)
      if (!quiet) load.state = 'loading'
      try {
        const data = await fetchIt()
        if (mine !== latest) return
        load.data = data
        load.error = null
        load.state = 'ready'
      } catch (error) {
        if (mine !== latest || (quiet && load.data !== null)) return
        load.error = error as Load<T>['error']
        load.state = 'failed'
      }
    },
  })
  const mend = () => load.state === 'failed' && void load.reload()
  if (getCurrentScope()) {
    window.addEventListener('online', mend)
    onScopeDispose(() => {
      window.removeEventListener('online', mend)
      latest += 1
    })
  }
  if (immediate) void load.reload()
  return load
}
