import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { listOf } from '@shared/api.js'
import type { Category, ItemRow, Region } from '../catalog'
import { useClient } from '../client'
import { useLoad } from '../useLoad'

const PAGE = 20
const TYPING_MS = 250

/**
 * Finding an item by region, category or search, page after page; choosing one asks for sign-in first.
 * Guide rows S7–S10, S36. The address may carry q, region, category and open (the item whose services are shown).
 */
export function useItems() {
  const { api, auth } = useClient()
  const route = useRoute()
  const router = useRouter()
  const given = (name: string) => (typeof route.query[name] === 'string' ? route.query[name] : '')
  const asked = reactive({ q: given('q'), region: given('region'), category: given('category') })
  const typed = ref(asked.q)
  const choosing = ref<string | null>(given('open') || null)

  const regions = useLoad<Region[]>(async () => listOf(await api.regions()))
  /** 区本级 and the streets; the district above them means all. */
  const leaves = computed(() => (regions.data ?? []).filter((region) => region.parent_code))
  const categories = useLoad<Category[]>(async () => listOf(await api.categories(asked.region || undefined)))
  const next = shallowRef<string | null>(null)
  const items = useLoad<ItemRow[]>(async () => {
    const page = await api.items({ ...asked, limit: PAGE })
    next.value = page.next ?? null
    return listOf(page)
  })

  const loadingMore = ref(false)
  async function loadMore() {
    if (loadingMore.value || !next.value) return
    loadingMore.value = true
    try {
      const page = await api.items({ ...asked, limit: PAGE, cursor: next.value })
      next.value = page.next ?? null
      items.data = [...(items.data ?? []), ...listOf(page)]
    } finally {
      loadingMore.value = false
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(typed, (text) => {
    clearTimeout(timer)
    timer = setTimeout(() => (asked.q = text.trim()), TYPING_MS)
  })
  watch(
    () => asked.region,
    () => {
      asked.category = ''
      void categories.reload(true)
    },
  )
  watch(asked, () => void items.reload(items.data !== null))

  /** What was asked for, as the address carries it. */
  const query = computed(() => Object.fromEntries(Object.entries(asked).filter(([, value]) => value)))

  function choose(id: string) {
    if (auth.state.person) choosing.value = id
    else {
      const back = router.resolve({ path: '/items', query: { ...query.value, open: id } }).fullPath
      void router.push({ path: '/login', query: { next: back } })
    }
  }

  return { asked, typed, choosing, leaves, categories, items, next, loadMore, loadingMore, query, choose }
}
