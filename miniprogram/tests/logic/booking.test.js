// The pages of a booking without a screen: the hold, its end, 改约, the moment at which 我要排队 opens.

const NOW = Date.parse('2026-11-25T06:00:00Z') // 14:00 in Shanghai
const at = (minutes) => new Date(NOW + minutes * 60_000).toISOString()

let api
let news
beforeEach(() => {
  jest.resetModules()
  jest.useFakeTimers({ now: NOW })
  global.wx = {
    getStorageSync: () => '',
    canIUse: () => false,
    redirectTo: jest.fn(),
    navigateTo: jest.fn(),
    setNavigationBarTitle: jest.fn(),
    showToast: jest.fn(),
    showModal: jest.fn(({ success }) => success({ confirm: true })),
  }
  global.getCurrentPages = () => []
  api = { get: jest.fn().mockRejectedValue(new Error('none')), bookings: jest.fn().mockResolvedValue({ items: [] }) }
  jest.doMock('../../services/api.js', () => ({ api, newKey: () => 'k' }))
  jest.doMock('../../services/socket.js', () => ({
    connect: ({ onMessage }) => ((news = onMessage), { start() {}, close() {} }),
  }))
})
afterEach(() => jest.useRealTimers())

/** The page as WeChat makes it; setData takes a path one level deep. */
async function open(path, query) {
  let page
  global.Page = (definition) => (page = definition)
  require(path)
  page.setData = (change, done) => {
    for (const [where, value] of Object.entries(change)) {
      const [name, key] = where.split('.')
      if (key) page.data[name] = { ...page.data[name], [key]: value }
      else page.data[name] = value
    }
    done?.()
  }
  page.onLoad(query)
  page.onShow()
  await settle()
  return page
}
const settle = () => jest.advanceTimersByTimeAsync(0)
const press = (dataset) => ({ currentTarget: { dataset } })

describe('slots', () => {
  const slots = () => [
    { id: 's1', start_at: at(60), end_at: at(90), capacity: 3, left: 1, state: 'open', v: 1 },
    { id: 's2', start_at: at(90), end_at: at(120), capacity: 3, left: 3, state: 'open', v: 1 },
  ]
  beforeEach(() => {
    Object.assign(api, {
      days: jest.fn().mockResolvedValue({ days: [{ date: '2026-11-25', kind: 'workday', left: 4, open: true }] }),
      slots: jest.fn(async () => ({ items: slots() })),
      item: jest.fn().mockResolvedValue({ name: '居住证', materials: [] }),
      hold: jest.fn(async (id) => ({ id: 'b-' + id, state: 'held', item: { id: 'i' }, slot: slots().find((one) => one.id === id), seconds_left: 120 })),
      releaseHold: jest.fn().mockResolvedValue(null),
      confirmBooking: jest.fn().mockResolvedValue({ id: 'b-s2' }),
      reschedule: jest.fn().mockResolvedValue({ id: 'old' }),
    })
  })
  const chips = (page) => page.data.slots.data.flatMap((part) => part.slots.map(({ id, left, on }) => [id, left, on]))
  const PATH = '../../packages/book/slots/slots.js'

  test('another choice gives the first place back; confirming leads on', async () => {
    const page = await open(PATH, { id: 'i' })
    await page.pick(press({ id: 's1' }))
    expect(page.data.hold).toMatchObject({ id: 'b-s1', until: NOW + 120_000 })
    await page.pick(press({ id: 's2' }))
    expect(api.releaseHold).toHaveBeenCalledWith('b-s1')
    await settle()
    expect(chips(page)).toEqual([['s1', '剩余 1', false], ['s2', '已为您保留', true]])
    await page.confirm()
    expect(wx.redirectTo).toHaveBeenCalledWith({ url: '/packages/book/done/done?id=b-s2' })
  })

  test('places that others take change in place; older news is dropped', async () => {
    const page = await open(PATH, { id: 'i' })
    news({ t: 'slots', slots: [{ id: 's1', left: 0, state: 'full', v: 3 }] })
    news({ t: 'slots', slots: [{ id: 's1', left: 1, state: 'open', v: 2 }] })
    expect(chips(page)[0]).toEqual(['s1', '约满', false])
    await page.pick(press({ id: 's1' }))
    expect(api.hold).not.toHaveBeenCalled()
  })

  test('a refusal names the cause and the way on', async () => {
    api.hold.mockRejectedValue({ message: '该时段刚刚约满', details: { next: { start_at: at(24 * 60) } } })
    const page = await open(PATH, { id: 'i' })
    await page.pick(press({ id: 's1' }))
    expect(page.data).toMatchObject({ hold: null, busy: false, refusal: '该时段刚刚约满，最近可约：明天 14:00' })
  })

  test('a hold that ran out is gone and says so; one from before the start is still there', async () => {
    api.bookings.mockResolvedValue({ items: [{ id: 'b-s2', state: 'held', item: { id: 'i' }, slot: slots()[1], seconds_left: 30 }] })
    const page = await open(PATH, { id: 'i' })
    expect(page.data.hold).toMatchObject({ id: 'b-s2', until: NOW + 30_000 })
    page.ranOut()
    expect(page.data.hold).toBeNull()
    expect(page.data.refusal).toContain('名额已释放')
  })

  test('改约 holds nothing: one step from the old slot to the new', async () => {
    const page = await open(PATH, { id: 'i', change: 'old' })
    await page.pick(press({ id: 's2' }))
    await page.confirm()
    expect(api.hold).not.toHaveBeenCalled()
    expect(api.reschedule).toHaveBeenCalledWith('old', 's2')
    expect(wx.redirectTo).toHaveBeenCalledWith({ url: '/packages/book/done/done?id=old&changed=1' })
  })
})

describe('bookings', () => {
  const PATH = '../../pages/bookings/bookings.js'
  const booking = (more) => ({
    id: 'b', state: 'booked', item: { id: 'i', name: '居住证' }, slot: { start_at: at(1), end_at: at(31) }, session_id: null,
    queue: { enabled: false, opens_at: at(1), closes_at: at(31), reason: '未到时段' }, actions: ['cancel', 'reschedule'], ...more,
  })

  test('我要排队 says when, and opens by itself when the slot begins', async () => {
    api.bookings.mockResolvedValue({ items: [booking()] })
    const page = await open(PATH, {})
    expect(page.data.bookings.data[0]).toMatchObject({ queue: false, hint: '今天 14:01 起可以排队', cancel: true, change: true })
    page.queue(press({ index: 0 }))
    expect(wx.navigateTo).not.toHaveBeenCalled()
    api.bookings.mockResolvedValue({ items: [booking({ queue: { enabled: true }, actions: [] })] })
    await jest.advanceTimersByTimeAsync(60_000)
    expect(page.data.bookings.data[0]).toMatchObject({ queue: true, cancel: false })
    page.queue(press({ index: 0 }))
    expect(wx.navigateTo).toHaveBeenCalledWith({ url: '/packages/session/gate/gate?id=b' })
    page.onUnload()
  })

  test('重新连接 joins a suspended session again before it opens it', async () => {
    api.bookings.mockResolvedValue({ items: [booking({ state: 'queued', session_id: 's', actions: ['reconnect'] })] })
    Object.assign(api, { view: jest.fn().mockResolvedValue({ state: 'suspended' }), reconnect: jest.fn().mockResolvedValue({ state: 'waiting' }) })
    const page = await open(PATH, {})
    await page.reconnect(press({ index: 0 }))
    expect(api.reconnect).toHaveBeenCalledWith('s')
    expect(wx.navigateTo).toHaveBeenCalledWith({ url: '/packages/session/wait/wait?id=s' })
    page.onUnload()
  })

  test('a cancellation is asked for, done and seen', async () => {
    api.bookings.mockResolvedValueOnce({ items: [booking()] }).mockResolvedValue({ items: [booking({ state: 'cancelled', actions: [] })] })
    api.cancelBooking = jest.fn().mockResolvedValue({})
    const page = await open(PATH, {})
    await page.cancel(press({ index: 0 }))
    await settle()
    expect(api.cancelBooking).toHaveBeenCalledWith('b')
    expect(page.data.bookings.data[0]).toMatchObject({ state: 'cancelled', word: '已取消', cancel: false })
    page.onUnload()
  })
})
