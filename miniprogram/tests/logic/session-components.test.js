// The session's own components by themselves: the ring, the pause, the progress. Guide rows S41, S44.

const { load: loadFrom, show } = require('./rendered')

const load = (name) => loadFrom(`packages/session/components/${name}/${name}`)

describe('ring-call', () => {
  const id = load('ring-call')
  let sounds
  let shakes
  beforeEach(() => {
    jest.useFakeTimers()
    sounds = []
    shakes = 0
    global.wx = {
      createInnerAudioContext: () => {
        const sound = { playing: false, play: () => (sound.playing = true), stop: () => (sound.playing = false), destroy: () => (sound.gone = true) }
        sounds.push(sound)
        return sound
      },
      vibrateLong: () => (shakes += 1),
    }
  })
  afterEach(() => jest.useRealTimers())
  const ringing = () => sounds.filter(({ playing }) => playing).length

  test('rings, is felt, and counts down to the end', () => {
    const ring = show(id, { name: '王老师', until: new Date(Date.now() + 10_000).toISOString() })
    expect([ringing(), ring.data.left]).toEqual([1, 10])
    jest.advanceTimersByTime(4_000)
    expect(ring.data.left).toBe(6)
    expect(shakes).toBeGreaterThan(1)
    jest.advanceTimersByTime(20_000)
    expect(ring.data.left).toBe(0)
  })
  test('is silent once it is gone, with no timer left', () => {
    const ring = show(id, { name: '王老师' })
    ring.detach()
    expect([ringing(), sounds[0].gone, jest.getTimerCount()]).toEqual([0, true, 0])
  })
  test('while the answer is on its way no second one is sent', () => {
    const ring = show(id, { name: '王老师', busy: true })
    const answered = jest.fn()
    ring.addEventListener('answer', answered)
    ring.instance.answer()
    expect(answered).not.toHaveBeenCalled()
    ring.setData({ busy: false })
    ring.instance.answer()
    expect(answered).toHaveBeenCalledTimes(1)
  })
})

describe('progress-line', () => {
  const id = load('progress-line')
  test('what is not done first is now', () => {
    const step = (key, done) => ({ key, title: key, done })
    const line = show(id)
    line.setData({ steps: [step('a', true), step('b', false), step('c', false)] })
    expect(line.data.now).toBe(1)
    line.setData({ steps: [step('a', true)] })
    expect(line.data.now).toBe(-1)
  })
})

describe('suspend-sheet', () => {
  const id = load('suspend-sheet')
  const tap = (dataset) => ({ currentTarget: { dataset } })

  test('tells the reason and what was ticked; opened again it starts anew', () => {
    const sheet = show(id, { names: ['身份证', '照片'] })
    const told = []
    sheet.addEventListener('suspend', ({ detail }) => told.push(detail))
    sheet.setData({ show: true })
    sheet.instance.choose(tap({ reason: '需要回去取原件' }))
    sheet.instance.toggle(tap({ index: 1 }))
    sheet.instance.confirm()
    sheet.setData({ show: false })
    sheet.setData({ show: true })
    sheet.instance.confirm()
    expect(told).toEqual([
      { reason: '需要回去取原件', missing: ['照片'] },
      { reason: '材料准备不全', missing: [] },
    ])
  })
})
