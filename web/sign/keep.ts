import type { PadMemory } from '../common/sign/pad'
import type { SignTask } from './server'

/**
 * Strokes outlive a reload, a killed web-view and an expired code (they go on under the next code of the same
 * text), for ten minutes, on this phone only.
 */

const STORE = 'shipinban.sign'
const KEEP_MS = 10 * 60_000

interface Kept {
  what: string
  at: number
  memory: PadMemory
}

const whatOf = (task: SignTask) => [task.item, task.masked_name, task.title].join('|')

export function keep(task: SignTask, memory: PadMemory): void {
  try {
    if (memory.groups.length) localStorage.setItem(STORE, JSON.stringify({ what: whatOf(task), at: Date.now(), memory }))
    else localStorage.removeItem(STORE)
  } catch {
    // storage may be forbidden or full; the strokes then live as long as the page
  }
}

export function kept(task: SignTask): PadMemory | null {
  try {
    const found = JSON.parse(localStorage.getItem(STORE) ?? 'null') as Kept | null
    if (found && found.what === whatOf(task) && Date.now() - found.at < KEEP_MS) return found.memory
    localStorage.removeItem(STORE)
  } catch {
    // nothing kept
  }
  return null
}

export function forget(): void {
  try {
    localStorage.removeItem(STORE)
  } catch {
    // nothing kept
  }
}
