import { onScopeDispose, readonly, ref, type Ref } from 'vue'
import { serverNow } from './serverClock'

const now = ref(serverNow())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The server's time, once a second, shared by all that show it. */
export function useNow(): Readonly<Ref<number>> {
  users += 1
  now.value = serverNow()
  timer ??= setInterval(() => (now.value = serverNow()), 1000)
  onScopeDispose(() => {
    users -= 1
    if (users === 0) {
      clearInterval(timer)
      timer = undefined
    }
  })
  return readonly(now)
}
