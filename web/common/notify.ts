import { inject, type App, type InjectionKey } from 'vue'

/** How a page speaks up: short notices and questions, drawn by its own component library. */
export interface Voice {
  say: (kind: 'success' | 'error' | 'info', text: string) => void
  ask: (question: { title: string; text?: string; yes: string; no?: string; danger?: boolean }) => Promise<boolean>
}

const KEY: InjectionKey<Voice> = Symbol('voice')

export function provideVoice(app: App, voice: Voice) {
  app.provide(KEY, voice)
}

export function useVoice() {
  const voice = inject(KEY)
  if (!voice) throw new Error('no voice provided')
  return {
    ...voice,
    /** Runs a command; a refusal is told in the server's own words. Resolves to undefined then. */
    async attempt<T>(command: () => Promise<T>, done?: string): Promise<T | undefined> {
      try {
        const result = await command()
        if (done) voice.say('success', done)
        return result
      } catch (error) {
        voice.say('error', (error as Error).message)
        return undefined
      }
    },
  }
}
