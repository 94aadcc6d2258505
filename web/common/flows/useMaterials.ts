import { reactive } from 'vue'
import type { Material } from '@shared/types.js'
import { useClient } from '../client'
import { saveBlob } from '../download'
import { useVoice } from '../notify'
import type { Room } from './useRoom'

export const MATERIAL_ACCEPT = 'image/*,application/pdf,.heic,.heif'
const MAX_BYTES = 10 * 1024 * 1024

/** Uploading what the agent asked for, one by one, with progress; downloading the watermarked copies. Rows S26–S28. */
export function useMaterials(room: Room) {
  const { api, blob } = useClient()
  const { say, attempt } = useVoice()
  const progress = reactive<Record<string, number>>({})
  const faults = reactive<Record<string, string>>({})

  async function upload(material: Material, file: File) {
    delete faults[material.id]
    if (file.size > MAX_BYTES) {
      faults[material.id] = '文件超过 10 MB，请压缩后再上传'
      return
    }
    progress[material.id] = 0
    try {
      await api.uploadMaterial(material.id, file, (sent, total) => (progress[material.id] = total ? sent / total : 0))
      await room.session.refresh()
    } catch (error) {
      faults[material.id] = (error as Error).message
    } finally {
      delete progress[material.id]
    }
  }

  async function downloadCopy(material: Material) {
    const version = material.versions[material.versions.length - 1]
    const done = await attempt(async () => saveBlob(await blob(api.copyUrl(material.id)), `水印件-${version?.name ?? material.name}`))
    if (done !== undefined) say('success', '已开始下载水印件')
  }

  return { progress, faults, upload, downloadCopy, viewUrl: (id: string) => api.attachmentUrl(id, 'preview'), thumbUrl: (id: string) => api.attachmentUrl(id, 'thumb') }
}
