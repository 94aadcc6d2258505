import type { Card } from '@shared/reducer.js'
import { lastWhere } from './list'

/** Which messages of a talk the marks 已送达 and 已读 are about. */

const SAID = ['text', 'image', 'file']

/** The newest card that the server has: reading goes up to here. */
export const lastStored = (cards: readonly Card[]) => lastWhere(cards, (card) => card.seq > 0)

/** The newest message of one side that the server has: only this one shows how far it came. */
export const lastSaidBy = (kind: string, cards: readonly Card[]) =>
  lastWhere(cards, (card) => card.from.kind === kind && card.seq > 0 && SAID.includes(card.type))
