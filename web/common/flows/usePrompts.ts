import { computed, ref, watch } from 'vue'
import { nextPrompt, wantedMaterials } from '@shared/prompts.js'
import type { Room } from './useRoom'

export interface PromptOptions {
  /** Prompts that this device leaves to another one; they stay as cards. */
  skip?: (kind: string) => boolean
  /** The agent invites to a call: said, not asked. */
  onInvite: () => void
}

/** Dialogs that close by themselves once the server no longer asks. */
const FLEETING = ['screen_request', 'control_request', 'pickup']

/**
 * Which prompt's panel is open. A fresh prompt comes up once, by itself; closed, it waits as a card in the chat.
 * Materials come as a reminder first, the list after a press (guide row S25); the rating takes over from all others.
 */
export function usePrompts(room: Room, { skip = () => false, onInvite }: PromptOptions) {
  const view = computed(() => room.view.value!)
  const kind = ref<string | null>(null)
  const reminder = ref<string[] | null>(null)
  const shown = new Set<string>()
  const prompt = (of: string) => view.value.prompts.find((one) => one.kind === of)
  const commitmentId = computed(() => (prompt('commitment')?.data.commitment_id ?? view.value.commitment?.id) as string | undefined)
  const wanted = () => wantedMaterials(view.value).map((material) => material.name)

  function open(of: string) {
    reminder.value = null
    kind.value = of
  }
  function close() {
    kind.value = null
  }

  watch(
    () => [view.value.prompts, view.value.state] as const,
    ([, state]) => {
      if (state !== 'active' && state !== 'completed') return close()
      const next = nextPrompt(view.value, shown, kind.value, skip)
      if (!next) return
      if (next.kind === 'materials') reminder.value = wanted()
      else if (next.kind === 'call_invite') onInvite()
      else open(next.kind)
    },
    { immediate: true },
  )
  watch(
    () => view.value.prompts.map((one) => one.kind).join(),
    () => {
      if (kind.value && FLEETING.includes(kind.value) && !prompt(kind.value)) close()
      if (reminder.value && !prompt('materials')) reminder.value = null
    },
  )

  return { kind, reminder, commitmentId, prompt, open, close }
}
