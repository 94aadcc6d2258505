// 我的通知: where a notice leads, what is new, older pages; home and 我的 show how many are new. Guide row M14.

let wx
let store
let calls
let answers
beforeEach(() => {
  jest.resetModules()
  store = new Map()
  calls = []
  wx = global.wx = {
    getStorageSync: (key) => store.get(key) ?? '',
    setStorageSync: (key, value) => void store.set(key, value),
    navigateTo: jest.fn(),
    switchTab: jest.fn(),
    showToast: jest.fn(),
    stopPullDownRefresh: jest.fn(),
  }
  global.getCurrentPages = () => []
  answers = {}
  const call = (name) => async (...args) => {
    calls.push([name, ...args])
    const answer = answers[name]?.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  jest.doMock('../../services/api.js', () => ({ api: new Proxy({}, { get: (_, name) => call(name) }) }))
})

const notice = (id, change) => ({ id, kind: 'booking_made', title: '预约成功', text: '请备齐原件', at: '2026-11-25T06:00:00Z', read: false, target: { page: 'bookings', id: 'b1' }, ...change })
const tap = (index) => ({ currentTarget: { dataset: { index } } })
const settled = () => new Promise((done) => setTimeout(done))

/** @returns {any} the page as WeChat makes it, with setData along paths */
function open(path) {
  let page
  global.Page = (definition) => (page = definition)
  require(path)
  page.setData = (change) => {
    for (const [at, value] of Object.entries(change)) {
      const keys = at.replace(/\[(\d+)\]/g, '.$1').split('.')
      const last = keys.pop()
      keys.reduce((data, key) => data[key], page.data)[last] = value
    }
  }
  page.data = JSON.parse(JSON.stringify(page.data))
  page.onLoad({})
  return page
}
async function opened(...pages) {
  answers.notices = pages
  const page = open('../../packages/me/notices/notices.js')
  await settled()
  return page
}

test('each notice leads to what it is about', () => {
  const { pageOfNotice } = require('../../services/inbox.js')
  expect(pageOfNotice({ page: 'session', id: 's1' })).toBe('/packages/session/room/room?id=s1')
  expect(pageOfNotice({ page: 'rating', id: 's1' })).toBe('/packages/papers/rating/rating?id=s1')
  expect(pageOfNotice({ page: 'bookings', id: 'b1' })).toBe('/pages/bookings/bookings')
  expect(pageOfNotice({ page: 'session', id: null })).toBe('/pages/bookings/bookings')
})

test('a badge has room for two figures, and there is none without news', () => {
  const { badgeText } = require('../../services/inbox.js')
  expect([0, 7, 99, 100].map(badgeText)).toEqual(['', '7', '99', '99+'])
})

describe('the list', () => {
  test('opening it reads it, but what was new stays marked while one looks', async () => {
    const page = await opened({ items: [notice('n2'), notice('n1', { read: true })], next: null, unread: 1 })
    expect(calls).toEqual([['notices'], ['readNotices']])
    expect(page.data.notices.data.map(({ id, read }) => [id, read])).toEqual([['n2', false], ['n1', true]])
  })

  test('without news nothing is sent', async () => {
    await opened({ items: [notice('n1', { read: true })], next: null, unread: 0 })
    expect(calls).toEqual([['notices']])
  })

  test('a tap opens the page and takes the mark off this one only', async () => {
    const page = await opened({ items: [notice('n2', { target: { page: 'session', id: 's1' } }), notice('n1')], next: null, unread: 2 })
    page.open(tap(0))
    expect(wx.navigateTo).toHaveBeenCalledWith({ url: '/packages/session/room/room?id=s1' })
    expect(page.data.notices.data.map(({ read }) => read)).toEqual([true, false])
    page.open(tap(1))
    expect(wx.switchTab).toHaveBeenCalledWith({ url: '/pages/bookings/bookings' })
  })

  test('older ones follow below, each page asked for once', async () => {
    const page = await opened({ items: [notice('n3')], next: 'c1', unread: 0 }, { items: [notice('n2'), notice('n1')], next: null, unread: 0 })
    await Promise.all([page.onReachBottom(), page.more()])
    await page.more()
    expect(calls).toEqual([['notices'], ['notices', 'c1']])
    expect(page.data.notices.data.map(({ id }) => id)).toEqual(['n3', 'n2', 'n1'])
    expect(page.data).toMatchObject({ next: '', busy: false })
  })

  test('an older page that does not come can be asked for again', async () => {
    const page = await opened({ items: [notice('n2')], next: 'c1', unread: 0 }, new Error('网络不太顺畅'), { items: [notice('n1')], next: null, unread: 0 })
    await page.more()
    expect(wx.showToast).toHaveBeenCalledTimes(1)
    expect(page.data).toMatchObject({ next: 'c1', busy: false })
    await page.more()
    expect(page.data.notices.data.map(({ id }) => id)).toEqual(['n2', 'n1'])
  })

  test('an older page that comes after the list was loaded anew is dropped', async () => {
    const page = await opened({ items: [notice('n2')], next: 'c1', unread: 0 })
    let come
    answers.notices = [new Promise((resolve) => (come = resolve)), { items: [notice('n4'), notice('n3')], next: 'c2', unread: 0 }]
    const asked = page.more()
    await page.onPullDownRefresh()
    come({ items: [notice('n1')], next: null, unread: 0 })
    await asked
    expect(page.data.notices.data.map(({ id }) => id)).toEqual(['n4', 'n3'])
    expect(page.data).toMatchObject({ next: 'c2', busy: false })
  })

  test('a list that cannot be had says so, and is there after another try', async () => {
    const page = await opened(Object.assign(new Error('服务正在恢复'), { status: 503, code: 'unavailable' }), { items: [], next: null, unread: 0 })
    expect(page.data.notices).toMatchObject({ state: 'failed', error: { status: 503 } })
    page.reload()
    await settled()
    expect(page.data.notices).toMatchObject({ state: 'ready', data: [] })
  })
})

test('home shows the newest three and that there are more; one that is opened reads them all', async () => {
  const four = ['n4', 'n3', 'n2', 'n1'].map((id) => notice(id))
  answers.notices = [{ items: four, next: null, unread: 4 }, { items: four.map((one) => ({ ...one, read: true })), next: null, unread: 0 }]
  const page = open('../../pages/home/home.js')
  page.loadNotices()
  await settled()
  expect(page.data.notices.data).toMatchObject({ unread: '4', rows: [{ id: 'n4' }, { id: 'n3' }, { id: 'n2' }] })
  page.openNotice(tap(0))
  await settled()
  expect(calls.map(([name]) => name)).toContain('readNotices')
  expect(page.data.notices.data.unread).toBe('')
  expect(wx.switchTab).toHaveBeenCalledWith({ url: '/pages/bookings/bookings' })
  page.allNotices()
  expect(wx.navigateTo).toHaveBeenCalledWith({ url: '/packages/me/notices/notices' })
})

test('我的 shows how many are new, and nothing when that cannot be said', async () => {
  const { unreadBadge } = require('../../services/inbox.js')
  answers.notices = [{ items: [], next: null, unread: 12 }, new Error('网络')]
  expect([await unreadBadge(), await unreadBadge()]).toEqual(['12', ''])
})
