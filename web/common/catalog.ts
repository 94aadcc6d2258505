import type { QueueMode } from '@shared/types.js'

/** A row of the item list. */
export interface ItemRow {
  id: string
  code: string
  name: string
  department: string
  region: { code: string; name: string }
  category: { id: string; name: string }
  video_enabled: boolean
  mail_allowed: boolean
  /** Characters of the name that the search found: [start, length]. */
  match: number[][]
}

export interface ItemMaterial {
  id: string
  name: string
  original_required: boolean
  formats: string[]
  note: string
  sample_url: string | null
}

/** One item with all that an applicant prepares. */
export interface Item extends ItemRow {
  notices: string[]
  materials: ItemMaterial[]
  modes: { book: boolean; queue: QueueMode }
}

export interface Region {
  code: string
  name: string
  parent_code: string | null
}

export interface Category {
  id: string
  name: string
  items: number
}
