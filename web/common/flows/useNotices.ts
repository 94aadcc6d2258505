import { onScopeDispose, ref } from 'vue'
import type { Notice } from '@shared/types.js'
import { useClient } from '../client'

/** How many notices are new: asked for now, and again whenever the page comes back to the front. */
export function useUnread() {
  const { api, auth } = useClient()
  const unread = ref(0)
  async function look() {
    if (document.visibilityState !== 'visible' || !auth.state.person) return
    unread.value = await api.notices().then(
      (page: { unread: number }) => page.unread,
      () => unread.value,
    )
  }
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => document.removeEventListener('visibilitychange', look))
  void look()
  return unread
}

/** Where a notice leads. */
export function pathOf({ page, id }: Notice['target']): string {
  return page === 'bookings' || !id ? '/bookings' : `/session/${id}`
}
