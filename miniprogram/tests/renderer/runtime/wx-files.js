// Files of the phone: choosing, reading, looking at and keeping them.

import { permitted, privacy } from './consent.js'
import { ask, files, keep, shown } from './world.js'

const USER = 'wxfile://usr'
const KEPT = 'mpfile:'

function blobOf({ name, mime, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
  return new File([bytes], name, { type: mime })
}

async function chosen(what, options) {
  const list = await ask('files', { what, count: options.count ?? 9, from: options.sourceType ?? options.type ?? 'all' })
  return list.map((one) => {
    const file = blobOf(one)
    return { file, path: keep(file, one.name) }
  })
}

const measured = (path) =>
  new Promise((done, failed) => {
    const image = new Image()
    image.onload = () => done({ width: image.naturalWidth, height: image.naturalHeight })
    image.onerror = () => failed(new Error('file is not an image'))
    image.src = shown(path)
  })

const known = (path) => {
  const file = files.get(path)
  if (!file) throw new Error(`no such file or directory ${path}`)
  return file
}

async function bytes(path, encoding) {
  const buffer = await known(path).arrayBuffer()
  if (!encoding) return buffer
  if (encoding === 'base64') return toBase64(buffer)
  return new TextDecoder().decode(buffer)
}
const toBase64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(''))

function toBlob(data, encoding) {
  if (typeof data !== 'string') return new Blob([data])
  return encoding === 'base64' ? blobOf({ name: '', mime: '', data }) : new Blob([data])
}

/** The user's folder outlives the app, temporary files don't. */
async function write(path, data, encoding) {
  if (!path.startsWith(USER + '/')) throw new Error(`permission denied, open "${path}"`)
  const blob = toBlob(data, encoding)
  files.set(path, blob)
  localStorage.setItem(KEPT + path, toBase64(await blob.arrayBuffer()))
}
function restore() {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(KEPT))) {
    files.set(key.slice(KEPT.length), toBlob(localStorage.getItem(key), 'base64'))
  }
}
function unlink(path) {
  known(path)
  files.delete(path)
  localStorage.removeItem(KEPT + path)
}

const manager = () => {
  const cb = (run) => (options) =>
    Promise.resolve()
      .then(() => run(options))
      .then((value) => (options.success?.(value ?? {}), options.complete?.({})), (error) => (options.fail?.({ errMsg: error.message }), options.complete?.({})))
  return {
    readFile: cb(async ({ filePath, encoding }) => ({ data: await bytes(filePath, encoding) })),
    writeFile: cb(({ filePath, data, encoding }) => write(filePath, data, encoding)),
    unlink: cb(({ filePath }) => unlink(filePath)),
    access: cb(({ path }) => (known(path), {})),
    getFileInfo: cb(({ filePath }) => ({ size: known(filePath).size })),
    saveFile: cb(async ({ tempFilePath, filePath = `${USER}/${tempFilePath.split('/').pop()}` }) => {
      await write(filePath, await known(tempFilePath).arrayBuffer())
      return { savedFilePath: filePath }
    }),
    copyFile: cb(async ({ srcPath, destPath }) => write(destPath, await known(srcPath).arrayBuffer())),
    rmdir: cb(({ dirPath }) => [...files.keys()].filter((path) => path.startsWith(dirPath + '/')).forEach(unlink)),
    accessSync: (path) => void known(path),
    unlinkSync: unlink,
    writeFileSync: (path, data, encoding) => void write(path, data, encoding),
    mkdirSync() {},
    mkdir: cb(() => ({})),
    statSync: (path) => ({ size: known(path).size, isFile: () => true, isDirectory: () => false }),
    readdirSync: (folder) => [...files.keys()].filter((path) => path.startsWith(folder + '/')).map((path) => path.slice(folder.length + 1)),
  }
}

export function fileApis() {
  restore()
  const images = async (options) => {
    await privacy('chooseMedia')
    if (String(options.sourceType ?? '') === 'camera') await permitted('scope.camera')
    return chosen('media', options)
  }
  return {
    sync: { env: { USER_DATA_PATH: USER }, getFileSystemManager: manager },
    later: {
      async chooseMedia(options) {
        const list = await images(options)
        const tempFiles = list.map(({ file, path }) => ({ tempFilePath: path, size: file.size, fileType: file.type.split('/')[0], name: file.name }))
        return { tempFiles, type: 'image' }
      },
      async chooseImage(options) {
        const list = await images(options)
        return { tempFilePaths: list.map(({ path }) => path), tempFiles: list.map(({ file, path }) => ({ path, size: file.size })) }
      },
      async chooseMessageFile(options) {
        await privacy('chooseMessageFile')
        const list = await chosen('message', options)
        return { tempFiles: list.map(({ file, path }) => ({ path, name: file.name, size: file.size, time: Date.now() / 1000, type: file.type.startsWith('image/') ? 'image' : 'file' })) }
      },
      async saveImageToPhotosAlbum({ filePath }) {
        await privacy('saveImageToPhotosAlbum')
        await permitted('scope.writePhotosAlbum')
        await ask('saved', { kind: 'album', size: known(filePath).size, data: await bytes(filePath, 'base64') })
      },
      async openDocument({ filePath, fileType }) {
        await ask('opened', { kind: 'document', fileType, size: known(filePath).size, data: await bytes(filePath, 'base64') })
      },
      previewImage: ({ urls, current }) => (urls.forEach(shown), ask('opened', { kind: 'image', urls, current })),
      previewMedia: ({ sources, current }) => (sources.forEach(({ url }) => shown(url)), ask('opened', { kind: 'media', urls: sources.map(({ url }) => url), current })),
      async getImageInfo({ src }) {
        const type = files.get(src)?.type.split('/')[1] ?? 'png'
        return { ...(/** @type {object} */ (await measured(src))), path: src, type, orientation: 'up' }
      },
      getFileInfo: ({ filePath }) => ({ size: known(filePath).size }),
      compressImage: async ({ src, quality = 80, compressedWidth, compressedHeight }) => ({ tempFilePath: await smaller(src, quality, compressedWidth, compressedHeight) }),
      async canvasToTempFilePath({ canvas, fileType = 'png', quality = 1, x = 0, y = 0, width, height, destWidth, destHeight }) {
        const ratio = window.devicePixelRatio
        const out = document.createElement('canvas')
        const [w, h] = [width ?? canvas.width, height ?? canvas.height]
        Object.assign(out, { width: destWidth ?? w * ratio, height: destHeight ?? h * ratio })
        out.getContext('2d')?.drawImage(canvas, x, y, w, h, 0, 0, out.width, out.height)
        const blob = await new Promise((done) => out.toBlob(done, `image/${fileType.replace('jpg', 'jpeg')}`, quality))
        return { tempFilePath: keep(/** @type {Blob} */ (blob)) }
      },
    },
  }
}

async function smaller(src, quality, wide, high) {
  const image = await createImageBitmap(known(src))
  const scale = Math.min(1, wide ? wide / image.width : 1, high ? high / image.height : 1)
  const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale))
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return keep(await canvas.convertToBlob({ type: 'image/jpeg', quality: quality / 100 }))
}
