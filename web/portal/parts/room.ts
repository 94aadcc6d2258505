import { inject, type InjectionKey } from 'vue'
import type { Room } from '@common/flows/useRoom'

export interface RoomContext {
  room: Room
  /** Opens the panel of a prompt: commitment, materials, pickup, rating, screen_request, control_request. */
  open: (kind: string) => void
  /** 手机接入; `why` says what is missing here. */
  openPhone: (why?: string) => void
}

export const ROOM: InjectionKey<RoomContext> = Symbol('room')

export function useRoomContext(): RoomContext {
  return inject(ROOM)!
}
