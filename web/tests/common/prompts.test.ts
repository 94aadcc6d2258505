import { effectScope, nextTick, ref } from 'vue'
import { describe, expect, it } from 'vitest'
import { usePrompts } from '@common/flows/usePrompts'
import type { Prompt, View } from '@shared/types.js'

const prompt = (kind: Prompt['kind'], seq: number): Prompt => ({ id: `${kind}:${seq}`, kind, title: kind, seq, data: {} })

/** A room of which only the view is there. */
function room(state: View['state'] = 'active') {
  const view = ref<Partial<View>>({ state, prompts: [], materials: [] })
  const invited = ref(0)
  const scope = effectScope()
  const panel = scope.run(() => usePrompts({ view } as any, { skip: (kind) => kind === 'screen_request', onInvite: () => (invited.value += 1) }))!
  const set = async (change: Partial<View>) => {
    view.value = { ...view.value, ...change }
    await nextTick()
  }
  return { panel, set, invited, view }
}

describe('prompts', () => {
  it('come up once; closed, they wait as a card and open again by a press', async () => {
    const { panel, set } = room()
    await set({ prompts: [prompt('commitment', 5)] })
    expect(panel.kind.value).toBe('commitment')
    panel.close()
    await set({ seq: 6 })
    await set({ prompts: [prompt('commitment', 5)] })
    expect(panel.kind.value).toBeNull()
    panel.open('commitment')
    expect(panel.kind.value).toBe('commitment')
  })
  it('remind of materials first and name those that are still wanted', async () => {
    const { panel, set } = room()
    const material = (name: string, state: any) => ({ id: name, name, state, original_required: true, versions: [] })
    await set({ prompts: [prompt('materials', 7)], materials: [material('身份证', 'verified'), material('学历证书', 'requested')] })
    expect(panel.kind.value).toBeNull()
    expect(panel.reminder.value).toEqual(['学历证书'])
    await set({ prompts: [] })
    expect(panel.reminder.value).toBeNull()
  })
  it('do not push away what is being filled in, but the rating does', async () => {
    const { panel, set } = room()
    await set({ prompts: [prompt('pickup', 8)] })
    await set({ prompts: [prompt('pickup', 8), prompt('commitment', 9)] })
    expect(panel.kind.value).toBe('pickup')
    await set({ state: 'completed', prompts: [prompt('pickup', 8), prompt('rating', 12)] })
    expect(panel.kind.value).toBe('rating')
  })
  it('close what the server no longer asks', async () => {
    const { panel, set } = room()
    await set({ prompts: [prompt('control_request', 8)] })
    expect(panel.kind.value).toBe('control_request')
    await set({ prompts: [] })
    expect(panel.kind.value).toBeNull()
  })
  it('leave what this device can not do to another one, and say an invitation instead of asking', async () => {
    const { panel, set, invited } = room()
    await set({ prompts: [prompt('screen_request', 3)] })
    expect(panel.kind.value).toBeNull()
    await set({ prompts: [prompt('call_invite', 4)] })
    expect(panel.kind.value).toBeNull()
    expect(invited.value).toBe(1)
  })
  it('stay away while the session waits or is suspended, and come up when it goes on', async () => {
    const { panel, set } = room('suspended')
    await set({ prompts: [prompt('commitment', 5)] })
    expect(panel.kind.value).toBeNull()
    await set({ state: 'active' })
    expect(panel.kind.value).toBe('commitment')
  })
})
