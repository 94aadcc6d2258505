import { onScopeDispose, ref, watch } from 'vue'
import { useRoute } from 'vue-router'
import type { Notice } from '@shared/types.js'
import { useClient } from '../client'

const unread = ref(0)

/** How many notices are new: asked for on every page, and whenever it comes back to the front. */
export function useUnread() {
  const { api, auth } = useClient()
  const route = useRoute()
  async function look() {
    if (document.visibilityState !== 'visible' || !auth.state.person || route.path === '/notices') return
    unread.value = await api.notices().then(
      (page: { unread: number }) => page.unread,
      () => unread.value,
    )
  }
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => document.removeEventListener('visibilitychange', look))
  watch(() => route.path, look, { immediate: true })
  return unread
}

/** The list is open: nothing in it is new any more. */
export async function readAll(api: ReturnType<typeof useClient>['api']) {
  await api.readNotices()
  unread.value = 0
}

/** Where a notice leads. */
export function pathOf({ page, id }: Notice['target']): string {
  return page === 'bookings' || !id ? '/bookings' : `/session/${id}`
}
