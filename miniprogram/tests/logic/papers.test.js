// Signing and uploading: what outlives rotation, background and the end of the app. Guide rows S24, S26, S28.

const { createPad } = require('../../packages/papers/sign/pad.js')
const { materialRow } = require('../../packages/papers/materials/rows.js')
const { loudness } = require('../../packages/session/device/sound.js')

/** A canvas of which only the drawn lines are kept. */
function canvas() {
  const lines = []
  const ctx = new Proxy({ lines }, { get: (own, name) => own[name] ?? (name === 'lineTo' || name === 'quadraticCurveTo' ? (...at) => lines.push(at) : () => {}), set: (own, name, value) => ((own[name] = value), true) })
  return { width: 0, height: 0, lines, getContext: () => ctx, toDataURL: () => 'data:image/png;base64,AA==' }
}
function write(pad, from, to, start = 1000) {
  const at = (n) => ({ x: from[0] + ((to[0] - from[0]) * n) / 10, y: from[1] + ((to[1] - from[1]) * n) / 10 })
  pad.start(at(0), start)
  for (let n = 1; n <= 10; n += 1) pad.move(at(n), start + n * 16)
  pad.end()
}
const PORTRAIT = { width: 340, height: 600 }
const LANDSCAPE = { width: 760, height: 200 }

describe('the pad', () => {
  let kept
  let pad
  beforeEach(() => {
    kept = []
    pad = createPad((memory) => kept.push(memory))
    pad.attach(canvas(), PORTRAIT, 2)
  })
  const name = () => {
    write(pad, [60, 150], [280, 150])
    write(pad, [170, 100], [170, 400], 2000)
  }

  test('a name is enough, a dot is not', () => {
    write(pad, [100, 100], [104, 100])
    expect([pad.empty, pad.enough]).toEqual([false, false])
    pad.clear()
    expect(pad.empty).toBe(true)
    name()
    expect(pad.enough).toBe(true)
  })
  test('every stroke is told, so that it can be stored', () => {
    name()
    expect(kept.map(({ groups }) => groups.length)).toEqual([1, 2])
    pad.undo()
    expect(kept.at(-1).groups).toHaveLength(1)
  })
  test('turned, killed and turned back, the strokes are the same', () => {
    name()
    const before = pad.handwriting(canvas())
    pad.attach(canvas(), LANDSCAPE, 3)
    const again = createPad(() => {})
    again.restore(JSON.parse(JSON.stringify(kept.at(-1))))
    again.attach(canvas(), LANDSCAPE, 3)
    expect(again.handwriting(canvas())).toEqual(before)
    expect(before).toMatchObject({ width: 340, height: 600 })
    expect(before.strokes.map((stroke) => stroke.length)).toEqual([11, 11])
    expect(before.strokes[0][0]).toEqual({ x: 60, y: 150, t: 0, p: 0.5 })
  })
  test('what is written on a turned phone goes to its place on the sheet', () => {
    name()
    pad.attach(canvas(), LANDSCAPE, 2)
    write(pad, [380, 20], [380, 180], 3000) // the middle of the turned pad
    const last = pad.handwriting(canvas()).strokes.at(-1)
    expect(last[0].x).toBeCloseTo(170, 0)
    expect([last[0].y, last.at(-1).y]).toEqual([60, 540])
  })
  test('turning in mid-stroke ends the stroke', () => {
    pad.start({ x: 10, y: 10 }, 0)
    pad.move({ x: 60, y: 10 }, 20)
    pad.attach(canvas(), LANDSCAPE, 2)
    pad.move({ x: 90, y: 10 }, 40)
    expect(kept.at(-1).groups.map(({ points }) => points.length)).toEqual([2])
  })
  test('the picture has the shape of the sheet, whatever the phone', () => {
    name()
    pad.attach(canvas(), LANDSCAPE, 3)
    const print = canvas()
    pad.handwriting(print)
    expect([print.width, print.height]).toEqual([1000, 1765])
    expect(Math.max(...print.lines.flat())).toBeLessThanOrEqual(1765)
  })
})

describe('a material', () => {
  const version = { no: 2, attachment_id: 'f1', name: '身份证.jpg', mime: 'image/jpeg', size: 70_000, state: 'uploaded', copy_attachment_id: null }
  const material = (change) => materialRow({ id: 'm', name: '身份证', state: 'uploaded', original_required: true, note: '两面', reason: null, actions: ['upload'], versions: [version], ...change })

  test('says its state, its newest file and why it was sent back', () => {
    expect(material({})).toMatchObject({ word: '已上传', open: true, note: '需核验原件 · 两面', reason: '', file: { note: '68 KB · 第 2 版', copy: false } })
    expect(material({ state: 'rejected', reason: '看不清' }).reason).toBe('看不清')
    expect(material({ versions: [], state: 'requested' })).toMatchObject({ file: null, word: '待上传' })
  })
  test('once verified shows only the copy, and nothing while that is being made', () => {
    const sealed = { state: 'verified', actions: [] }
    expect(material(sealed)).toMatchObject({ open: false, file: { thumb: '', waiting: true } })
    const made = material({ ...sealed, versions: [{ ...version, copy_attachment_id: 'f2' }] })
    expect(made.file).toMatchObject({ copy: true, waiting: false })
    expect(made.file.thumb).not.toBe(material({}).file.thumb)
  })
})

describe('uploads and files', () => {
  let store
  let files
  let sent
  const later = () => new Promise((done) => setTimeout(done))
  const start = () => {
    jest.resetModules()
    jest.doMock('../../services/api.js', () => ({ api: { uploadMaterial: (...args) => sent(...args) } }))
    return require('../../services/uploads.js').uploadsOf('s1')
  }
  beforeEach(() => {
    store = new Map()
    files = { removed: [], copies: [], lost: [] }
    global.wx = {
      env: { USER_DATA_PATH: 'wxfile://usr' },
      getStorageSync: (key) => JSON.parse(store.get(key) ?? '""'),
      setStorageSync: (key, value) => void store.set(key, JSON.stringify(value)),
      removeStorageSync: (key) => void store.delete(key),
      getFileSystemManager: () => ({ rmdir: ({ dirPath }) => files.removed.push(dirPath), mkdirSync() {}, copyFile: ({ srcPath, destPath, success }) => (files.copies.push([srcPath, destPath]), success()), access: ({ path, success, fail }) => (files.lost.includes(path) ? fail() : success()), getFileInfo: ({ success }) => success({ size: 900 }) }),
    }
  })
  afterEach(() => jest.dontMock('../../services/api.js'))
  const photo = { path: 'wxfile://usr/out/1/a.jpg', name: 'a.jpg', size: 9 }

  test('a file goes up, tells its progress, and is forgotten when it is there', async () => {
    const told = []
    sent = async (_id, _path, progress) => progress(50, 100)
    const uploads = start()
    uploads.watch((list) => told.push(list.map(({ progress }) => progress)))
    uploads.add('m1', photo)
    await later()
    expect(told).toEqual([[], [0], [50], []])
    expect(files.removed).toEqual(['wxfile://usr/out/1'])
    expect(store.size).toBe(0)
  })
  test('cut off by the end of the app it goes on at the next start', async () => {
    sent = () => new Promise(() => {})
    start().add('m1', photo)
    await later()
    const arrived = []
    sent = async (id, path) => void arrived.push([id, path])
    const again = start()
    again.resume()
    await later()
    expect(arrived).toEqual([['m1', photo.path]])
    expect(again.list()).toEqual([])
  })
  test('no answer: it waits and goes on by itself; a refusal stays and says why', async () => {
    const { ApiError } = require('../../shared/api.js')
    const uploads = start()
    const errors = { m1: () => new (require('../../shared/api.js').ApiError)(0, 'offline', '网络'), m2: () => new ApiError(422, 'file_broken', '文件不完整或已损坏，请重新上传') }
    sent = async (id) => {
      throw errors[id]()
    }
    uploads.add('m1', photo)
    uploads.add('m2', { ...photo, path: 'wxfile://usr/out/2/b.jpg' })
    await later()
    expect(uploads.list().map(({ fault }) => fault)).toEqual(['网络不太顺畅，恢复后自动续传', '文件不完整或已损坏，请重新上传'])
    sent = async () => {}
    uploads.resume()
    await later()
    expect(uploads.list().map(({ material }) => material)).toEqual(['m2'])
    uploads.drop('m2')
    expect(uploads.list()).toEqual([])
    expect(files.removed).toContain('wxfile://usr/out/2')
  })
  test('a file that is gone from the phone says so, and does not hold up the others', async () => {
    const arrived = []
    sent = async (id) => void arrived.push(id)
    files.lost = [photo.path]
    const uploads = start()
    uploads.add('m1', photo)
    uploads.add('m2', { ...photo, path: 'wxfile://usr/out/2/b.jpg' })
    await later()
    expect(arrived).toEqual(['m2'])
    expect(uploads.list()).toMatchObject([{ material: 'm1', fault: '文件已不在手机上，请移除后重新选择' }])
  })
  test('messages on their way take their files along, and drop them once they are sent', () => {
    jest.resetModules()
    const { outboxOf } = require('../../services/outbox.js')
    const message = (key, file) => ({ card: { key }, file })
    outboxOf('s1').write([message('c:1', 'wxfile://usr/out/1/a.jpg'), message('c:2', undefined)])
    expect(outboxOf('s1').read()).toHaveLength(2)
    outboxOf('s1').write([message('c:2', undefined)])
    expect(files.removed).toEqual(['wxfile://usr/out/1'])
    outboxOf('s1').write([])
    expect(outboxOf('s1').read()).toEqual([])
  })
  test('a large picture is made smaller and kept under a name that says what it is', async () => {
    jest.resetModules()
    const { choosePictures } = require('../../services/choose.js')
    wx.chooseMedia = ({ success }) => success({ tempFiles: [{ tempFilePath: 'tmp/x.jpg', size: 20 * 1024 * 1024 }] })
    wx.compressImage = ({ success }) => success({ tempFilePath: 'tmp/small.jpg' })
    const [file] = await choosePictures('camera')
    expect(file).toMatchObject({ size: 900, mime: 'image/jpeg' })
    expect(file.name).toMatch(/^照片\d{4}-\d{6}-\d+\.jpg$/)
    expect(files.copies).toEqual([['tmp/small.jpg', file.path]])
    expect(file.path).toContain('wxfile://usr/out/')
  })
})

test('loudness: silence is nothing, a loud voice is full', () => {
  expect(loudness(new Int16Array(64).buffer)).toBe(0)
  expect(loudness(new Int16Array(64).fill(20000).buffer)).toBe(100)
  expect(loudness(new Int16Array(64).fill(3000).buffer)).toBeGreaterThan(10)
  expect(loudness(new ArrayBuffer(0))).toBe(0)
})
