import { getCurrentScope, onScopeDispose, shallowReactive } from 'vue'

export interface Load<T> {
  state: 'loading' | 'ready' | 'failed'
  data: T | null
  error: { message: string; status?: number; code?: string } | null
  reload: (quiet?: boolean) => Promise<void>
}

/** Loads at once and again on demand; an answer that comes too late is dropped. */
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
  if (getCurrentScope()) onScopeDispose(() => (latest += 1))
  if (immediate) void load.reload()
  return load
}
