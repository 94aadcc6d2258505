import { inject, type InjectionKey } from 'vue'
import type { Room } from '@common/flows/useRoom'

export interface RoomContext {
  room: Room
  /** Opens the sheet of a prompt. */
  open: (kind: string) => void
}

export const ROOM: InjectionKey<RoomContext> = Symbol('room')

export function useRoomContext(): RoomContext {
  return inject(ROOM)!
}
