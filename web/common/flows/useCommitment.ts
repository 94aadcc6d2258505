import { computed, onScopeDispose, ref, watch } from 'vue'
import { useClient } from '../client'
import { saveBlob } from '../download'
import { serverNow } from '../serverClock'
import { useLoad } from '../useLoad'
import { useNow } from '../useNow'
import type { Room } from './useRoom'

export interface CommitmentText {
  id: string
  title: string
  body: string
  state: 'pushed' | 'read' | 'signed' | 'withdrawn'
  read_seconds_left?: number
  countdown_seconds?: number
}

export interface SignTicket {
  url: string
  qr: string
  expires_at: string
  state: string
}

/** Reading the commitment with its countdown, then signing: by QR on the PC, in place on a phone. Rows S22–S24. */
export function useCommitment(room: Room, id: string) {
  const { api, blob } = useClient()
  const now = useNow()
  const readyAt = ref(Number.POSITIVE_INFINITY)
  const ticket = ref<SignTicket | null>(null)
  const busy = ref(false)

  const text = useLoad<CommitmentText>(async () => {
    const commitment: CommitmentText = await api.commitment(id)
    const left = commitment.read_seconds_left ?? commitment.countdown_seconds ?? 0
    readyAt.value = serverNow() + left * 1000
    return commitment
  })

  const secondsLeft = computed(() => Math.max(0, Math.ceil((readyAt.value - now.value) / 1000)))
  const live = computed(() => (room.view.value?.commitment?.id === id ? room.view.value.commitment : null))
  const state = computed(() => live.value?.state ?? text.data?.state ?? 'pushed')
  const ticketState = computed(() => {
    if (state.value === 'signed') return 'signed'
    if (!ticket.value) return null
    if (new Date(ticket.value.expires_at).getTime() <= now.value) return 'expired'
    return live.value?.ticket?.state ?? ticket.value.state
  })

  /** Tells the server that the countdown is over; it checks by its own clock. */
  async function markRead() {
    if (state.value !== 'pushed') return
    await api.readCommitment(id)
    await room.session.refresh()
  }

  async function newTicket() {
    if (busy.value) return
    busy.value = true
    try {
      await markRead()
      ticket.value = await api.signTicket(id)
      await room.session.refresh()
    } finally {
      busy.value = false
    }
  }

  /** The signed commitment as a PDF, with the handwriting. */
  async function download() {
    saveBlob(await blob(api.documentUrl(id)), `${text.data?.title ?? '承诺书'}.pdf`)
  }

  // The socket tells when the code was scanned; a slow look covers a lost socket.
  const poll = setInterval(() => ticket.value && state.value !== 'signed' && room.session.refresh().catch(() => undefined), 5000)
  onScopeDispose(() => clearInterval(poll))
  watch(state, (next) => next === 'withdrawn' && (ticket.value = null))

  return { text, secondsLeft, state, ticket, ticketState, busy, markRead, newTicket, download, now }
}
