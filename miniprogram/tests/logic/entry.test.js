// How one comes in and stays in: links and codes, the login behind each request, consent, permissions, pages' loads.

let wx
let store
beforeEach(() => {
  jest.resetModules()
  store = new Map()
  wx = global.wx = {
    getStorageSync: (key) => store.get(key) ?? '',
    setStorageSync: (key, value) => void store.set(key, value),
    removeStorageSync: (key) => void store.delete(key),
    getAccountInfoSync: () => ({ miniProgram: { envVersion: 'develop' } }),
    getExtConfigSync: () => ({ base: 'https://server.test' }),
    canIUse: () => true,
    getRandomValues: ({ length, success }) => success({ randomValues: new Uint8Array(length).fill(7).buffer }),
    login: ({ success }) => success({ code: 'code-1' }),
    request: jest.fn(),
    showModal: jest.fn(),
    openSetting: jest.fn(),
    navigateTo: jest.fn(),
  }
  global.getCurrentPages = () => []
})

const answer = (statusCode, data) => ({ statusCode, data, header: {} })
const user = { id: 'u1', name: '张三' }
const signedIn = (n) => answer(200, { access_token: `a${n}`, refresh_token: `r${n}`, expires_in: 900, user })
const refusal = (status, code) => answer(status, { error: { code, message: '不行', details: {} } })
/** The server, by path. */
const serve = (routes) =>
  wx.request.mockImplementation((options) => {
    const path = options.url.replace('https://server.test/api', '').split('?')[0]
    options.success(routes[path](options))
  })

describe('links', () => {
  const page = (link) => require('../../services/links.js').pageOfLink(link, 'https://server.test')

  test('addresses of ours open their pages, any other none', () => {
    expect(page('https://server.test/m/scan/AB-c_9')).toBe('/packages/me/scan/scan?token=AB-c_9')
    expect(page('https://server.test/m/items/01x/book?from=qr')).toBe('/packages/book/slots/slots?id=01x')
    expect(page('https://server.test/m/bookings')).toBe('/pages/bookings/bookings')
    expect(page('https://server.test/m/notices')).toBe('/packages/me/notices/notices')
    expect(page('https://server.test/s/tok')).toBe('/packages/session/call/call?path=%2Fs%2Ftok')
    for (const foreign of ['https://server.test.evil.com/m/bookings', 'http://server.test/m/bookings', 'https://server.test/admin', ''])
      expect(page(foreign)).toBeNull()
  })

  test('a scanned code comes encoded, a mini-program code as a scene', () => {
    const { pageOf } = require('../../services/links.js')
    const q = encodeURIComponent('https://server.test/m/session/01s')
    expect(pageOf({ q }, 'https://server.test')).toBe('/packages/session/room/room?id=01s')
    expect(pageOf({ scene: 'i%3D01abc' }, 'https://server.test')).toBe('/packages/book/item/item?id=01abc')
    for (const scene of ['z=1', 'i=', 'i=01abc&x=1', '', '%E0%A4%A']) expect(pageOf({ scene }, 'https://server.test')).toBeNull()
    expect(pageOf({ q: '%E0%A4%A' }, 'https://server.test')).toBeNull()
  })

  test('a code is followed once, when there is a page', () => {
    const arrivals = require('../../services/arrivals.js')
    const q = encodeURIComponent('https://server.test/m/scan/T')
    arrivals.arrive({ q })
    expect(wx.navigateTo).not.toHaveBeenCalled()
    arrivals.follow()
    arrivals.follow()
    arrivals.arrive({ q })
    expect(wx.navigateTo.mock.calls).toEqual([[{ url: '/packages/me/scan/scan?token=T' }]])
    global.getCurrentPages = () => [{}]
    arrivals.arrive({ scene: 'i%3D01abc' })
    expect(wx.navigateTo).toHaveBeenLastCalledWith({ url: '/packages/book/item/item?id=01abc' })
  })
})

test('a release ignores the address that a development build may be given', () => {
  store.set('shipinban.base', 'http://127.0.0.1:9999/')
  expect(require('../../services/config.js').baseUrl()).toBe('http://127.0.0.1:9999')
  jest.resetModules()
  wx.getAccountInfoSync = () => ({ miniProgram: { envVersion: 'release' } })
  expect(require('../../services/config.js').baseUrl()).toBe('https://server.test')
})

describe('the login behind each request', () => {
  const seen = () => wx.request.mock.calls.map(([{ url, header }]) => [url.split('/api')[1], header.Authorization, header['Idempotency-Key']])

  test('a refused login is renewed once, and the command keeps its key', async () => {
    const { api } = require('../../services/api.js')
    let calls = 0
    serve({
      '/auth/wechat/code': () => signedIn(1),
      '/auth/refresh': () => signedIn(2),
      '/notices/read': ({ header }) => (calls++, header.Authorization === 'Bearer a2' ? answer(204, '') : refusal(401, 'login_expired')),
    })
    await api.post('/notices/read')
    expect(calls).toBe(2)
    const sent = seen().filter(([path]) => path === '/notices/read')
    expect(sent.map(([, login]) => login)).toEqual(['Bearer a1', 'Bearer a2'])
    expect(new Set(sent.map(([, , key]) => key)).size).toBe(1)
    expect(sent[0][2]).toHaveLength(32)
  })

  test('what is public opens without a login; the rest says why there is none', async () => {
    const { api } = require('../../services/api.js')
    serve({
      '/auth/wechat/code': () => refusal(403, 'privacy_withdrawn'),
      '/regions': ({ header }) => answer(200, { items: [], login: header.Authorization ?? null }),
      '/bookings': () => refusal(401, 'unauthenticated'),
    })
    expect(await api.regions()).toEqual({ items: [], login: null })
    await expect(api.bookings()).rejects.toMatchObject({ status: 403, code: 'privacy_withdrawn' })
  })

  test('without a network the page hears it as such', async () => {
    const { api } = require('../../services/api.js')
    wx.request.mockImplementation(({ fail }) => fail({ errMsg: 'request:fail' }))
    jest.useFakeTimers()
    const asked = api.bookings().catch((error) => error)
    await jest.runAllTimersAsync()
    jest.useRealTimers()
    expect(await asked).toMatchObject({ status: 0, code: 'offline' })
  })

  test('who took the consent back is led to the policy, not told off', async () => {
    const { signInOrAgree } = require('../../services/consent.js')
    serve({ '/auth/wechat/code': () => refusal(403, 'privacy_withdrawn') })
    expect(await signInOrAgree()).toBeNull()
    expect(wx.navigateTo).toHaveBeenCalledWith({ url: '/packages/me/privacy/privacy' })
  })
})

describe('permissions', () => {
  test('each refusal has its reason', () => {
    const { reasonOf } = require('../../services/permission.js')
    expect(reasonOf({ errMsg: 'chooseMedia:fail cancel' })).toBe('cancelled')
    expect(reasonOf({ errMsg: 'chooseMedia:fail auth deny' })).toBe('denied')
    expect(reasonOf({ errMsg: 'chooseMedia:fail system permission denied' })).toBe('phone')
    expect(reasonOf({ errno: 104, errMsg: 'fail' })).toBe('privacy')
    expect(reasonOf({ errno: 112, errMsg: 'fail' })).toBe('undeclared')
    expect(reasonOf(new Error('what'))).toBe('other')
  })

  test('a denied camera leads to the settings, and is tried again when it was switched on', async () => {
    const { permitted } = require('../../services/permission.js')
    wx.showModal.mockImplementation(({ success }) => success({ confirm: true }))
    wx.openSetting.mockImplementation(({ success }) => success({ authSetting: { 'scope.camera': true } }))
    const run = jest.fn().mockRejectedValueOnce({ errMsg: 'fail auth deny' }).mockResolvedValueOnce('picture')
    expect(await permitted(run, { scope: 'scope.camera', what: '拍摄材料' })).toBe('picture')
    const cancelled = jest.fn().mockRejectedValue({ errMsg: 'fail cancel' })
    expect(await permitted(cancelled, { scope: 'scope.camera', what: '拍摄材料' })).toBeUndefined()
    expect(wx.openSetting).toHaveBeenCalledTimes(1)
  })
})

describe('pages', () => {
  /** @returns {any} the page as WeChat makes it, its data changed by setData with paths one level deep */
  function open(options) {
    let page
    global.Page = (definition) => (page = definition)
    require('../../services/page.js').definePage(options)
    page.setData = (change) => {
      for (const [path, value] of Object.entries(change)) {
        const [name, key] = path.split('.')
        if (key) page.data[name] = { ...page.data[name], [key]: value }
        else page.data[name] = value
      }
    }
    page.onLoad({})
    return page
  }

  test('a load says loading, ready, failed; an answer that comes too late is dropped', async () => {
    const page = open({ data: {} })
    const answers = []
    const load = page.loader('rows', () => new Promise((resolve, reject) => answers.push({ resolve, reject })))
    const [first, second] = [load(), load()]
    expect(page.data.rows.state).toBe('loading')
    answers[1].resolve(['new'])
    answers[0].resolve(['old'])
    await Promise.all([first, second])
    expect(page.data.rows).toEqual({ state: 'ready', data: ['new'], error: null })
    const quiet = load(true)
    answers[2].reject(new Error('gone'))
    await quiet
    expect(page.data.rows.data).toEqual(['new'])
    const loud = load()
    answers[3].reject(Object.assign(new Error('不行'), { status: 503, code: 'unavailable' }))
    await loud
    expect(page.data.rows).toEqual({ state: 'failed', data: null, error: { message: '不行', status: 503, code: 'unavailable' } })
  })

  test('what failed is loaded again when the network is back, and nothing once the page has gone', async () => {
    let told
    wx.getNetworkType = ({ success }) => success({ networkType: 'wifi' })
    wx.onNetworkStatusChange = (listener) => (told = listener)
    require('../../services/network.js').watchNetwork()
    const page = open({ data: {} })
    const fetchIt = jest.fn().mockRejectedValueOnce(new Error('网络')).mockResolvedValue(['row'])
    await page.loader('rows', fetchIt)()
    told({ isConnected: false })
    expect(page.data.offline).toBe(true)
    told({ isConnected: true })
    await new Promise(process.nextTick)
    expect(page.data).toMatchObject({ offline: false, rows: { state: 'ready', data: ['row'] } })
    page.onUnload()
    told({ isConnected: false })
    expect(page.data.offline).toBe(false)
  })
})
