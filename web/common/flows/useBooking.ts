import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { listOf, type ApiError } from '@shared/api.js'
import { firstFree, HOLD_MS, type Day } from '@shared/booking.js'
import { applySlots } from '@shared/reducer.js'
import type { Booking, Slot } from '@shared/types.js'
import { useClient } from '../client'
import { serverNow } from '../serverClock'
import { useLoad } from '../useLoad'
import { useNow } from '../useNow'

export { HOLD_MS }
export type { Day }

/**
 * Choosing a day and a slot with live places, holding one, confirming it. Guide rows S11, S12, S13.
 * With `changing` (a booking's id) the chosen slot replaces that booking's in one step, without a hold.
 */
export function useBooking(itemId: string, changing?: string) {
  const { api, auth, connect } = useClient()
  const now = useNow()
  const date = ref('')
  const hold = shallowRef<Booking | null>(null)
  const refusal = shallowRef<ApiError | null>(null)
  const busy = ref(false)

  const days = useLoad<Day[]>(async () => {
    const { days } = await api.days(itemId)
    date.value ||= firstFree(days)
    return days
  })
  const slots = useLoad<Slot[]>(async () => listOf(await api.slots(itemId, date.value)), { immediate: false })
  watch(date, (day) => {
    slots.data = null // another day's places must not be pressed while this day's are on their way
    if (day) void slots.reload()
  })

  // A hold survives a reload: the server still has it.
  async function restoreHold() {
    if (!auth.state.person || changing) return
    const mine: Booking[] = listOf(await api.bookings())
    const held = mine.find((booking) => booking.state === 'held' && booking.item.id === itemId)
    if (held && (held.seconds_left ?? 0) > 0) hold.value = held
  }
  void restoreHold().catch(() => undefined)

  const socket = connect({
    ticket: () => api.socketTicket({ channel: 'slots', item_id: itemId }),
    onMessage(message) {
      if (message.t === 'slots') place(message.slots)
      if (message.t === 'hello' && slots.data) void slots.reload(true)
      if (message.t === 'replay' || message.t === 'view') void slots.reload(true)
    },
  })
  socket.start()

  /** The days' totals follow a moment later, once for a whole burst. */
  let totals: ReturnType<typeof setTimeout> | undefined
  function place(news: Pick<Slot, 'id' | 'left' | 'state' | 'v'>[]) {
    if (slots.data) slots.data = applySlots(slots.data, news)
    totals ??= setTimeout(() => {
      totals = undefined
      void days.reload(true)
    }, 3000 + Math.random() * 2000)
  }

  // The server tells how many seconds are left.
  const deadline = ref(0)
  watch(hold, (held) => (deadline.value = held?.held_until ? serverNow() + (held.seconds_left ?? 0) * 1000 : 0))
  const left = computed(() => (deadline.value ? Math.max(0, deadline.value - now.value) : 0))
  watch(left, (ms) => {
    if (!hold.value?.held_until || ms > 0 || serverNow() < deadline.value) return
    hold.value = null
    refusal.value = { message: '保留时间已到，名额已释放，请重新选择时段' } as ApiError
    void slots.reload(true)
  })

  async function run<T>(command: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    refusal.value = null
    try {
      return await command()
    } catch (error) {
      refusal.value = error as ApiError
      return undefined
    } finally {
      busy.value = false
      void slots.reload(true)
      void days.reload(true)
    }
  }

  onScopeDispose(() => {
    clearTimeout(totals)
    socket.close()
  })

  return {
    days,
    date,
    slots,
    hold,
    left,
    refusal,
    busy,
    pick: (slot: Slot) =>
      run(async () => {
        if (changing) {
          hold.value = { id: changing, state: 'held', item: { id: itemId, name: '' }, slot: { ...slot, date: date.value }, actions: [] }
          return
        }
        if (hold.value) await api.releaseHold(hold.value.id).catch(() => undefined)
        hold.value = null
        hold.value = await api.hold(slot.id, itemId)
      }),
    release: () =>
      run(async () => {
        const held = hold.value
        hold.value = null
        if (held && !changing) await api.releaseHold(held.id)
      }),
    /** Resolves to the booking when it stands. */
    confirm: () =>
      run(async () => {
        const held = hold.value!
        const booking: Booking = changing ? await api.reschedule(changing, held.slot.id!) : await api.confirmBooking(held.id)
        hold.value = null
        return booking
      }),
  }
}
