import { materialWords, sizeText } from '../../../shared/words.js'

/** @typedef {import('../../../shared/types.js').Material} Material */

/** @type {Record<string, string>} */
const TONE = { requested: 'plain', uploaded: 'brand', verified: 'ok', rejected: 'bad' }

/** Once verified, the same address shows the copy: another picture, so another name for it on this phone. @param {Material['versions'][number]} version @param {'thumb'|'preview'} size */
export const picturePath = (version, size) => `/api/attachments/${version.attachment_id}?${size}=1${version.copy_attachment_id ? '&copy=1' : ''}`

/** What the list draws of one material. @param {Material} material */
export function materialRow(material) {
  const last = material.versions[material.versions.length - 1]
  const waiting = material.state === 'verified' && !last?.copy_attachment_id // its original is sealed, its copy being made
  const pictured = last && !waiting && (last.mime.startsWith('image/') || last.mime === 'application/pdf')
  const note = [material.original_required ? '需核验原件' : '', material.note ?? ''].filter(Boolean).join(' · ')
  return {
    id: material.id,
    name: material.name,
    note,
    state: material.state,
    word: materialWords[material.state] ?? material.state,
    tone: TONE[material.state] ?? 'plain',
    reason: material.state === 'rejected' ? (material.reason ?? '') : '',
    open: material.actions?.includes('upload') ?? false,
    file: last
      ? {
          name: last.name,
          note: `${sizeText(last.size)} · 第 ${last.no} 版`,
          thumb: pictured ? picturePath(last, 'thumb') : '',
          copy: Boolean(last.copy_attachment_id),
          waiting,
        }
      : null,
  }
}
