// services/ without a page: the line of requests, signing in again, files; wx is a stand-in of a few lines.

let wx
beforeEach(() => {
  jest.resetModules()
  const store = new Map()
  wx = global.wx = {
    getStorageSync: (key) => store.get(key) ?? '',
    setStorageSync: (key, value) => void store.set(key, value),
    removeStorageSync: (key) => void store.delete(key),
    getAccountInfoSync: () => ({ miniProgram: { envVersion: 'develop' } }),
    getExtConfigSync: () => ({ base: 'https://server.test' }),
    login: ({ success }) => success({ code: 'code-1' }),
    request: jest.fn(),
  }
})

const answer = (statusCode, data, header = {}) => ({ statusCode, data, header })
const user = { id: 'u1', name: '张三', masked_phone: null, real_name_level: 0 }
const tokens = (n) => answer(200, { access_token: `a${n}`, refresh_token: `r${n}`, expires_in: 900, user })

describe('request', () => {
  test('at most ten are under way, the others wait in line', async () => {
    const { send } = require('../../services/request.js')
    const open = []
    wx.request.mockImplementation((options) => open.push(options))
    const all = Array.from({ length: 25 }, (_, n) => send({ method: 'GET', path: `/api/${n}`, headers: {} }))
    await Promise.resolve()
    for (let done = 0; done < 25; done += 1) {
      expect(open.length - done).toBeLessThanOrEqual(10)
      open[done].success(answer(200, done))
      await new Promise(process.nextTick)
    }
    expect((await Promise.all(all)).map((reply) => reply.body)).toEqual(Array.from({ length: 25 }, (_, n) => n))
  })

  test('a lost answer frees its place', async () => {
    const { send } = require('../../services/request.js')
    wx.request.mockImplementation(({ fail }) => fail({ errMsg: 'request:fail timeout' }))
    for (let n = 0; n < 12; n += 1) await expect(send({ method: 'GET', path: '/api/x', headers: {} })).rejects.toThrow('timeout')
  })
})

describe('auth', () => {
  test('signs in silently and keeps the refresh token', async () => {
    const auth = require('../../services/auth.js')
    wx.request.mockImplementation(({ url, success }) => {
      expect(url).toBe('https://server.test/api/auth/wechat/code')
      success(tokens(1))
    })
    expect((await auth.restore()).name).toBe('张三')
    expect(auth.heldToken()).toBe('a1')
    const later = await auth.token()
    expect(later).toBe('a1')
    expect(wx.request).toHaveBeenCalledTimes(1)
  })

  test('many callers with a stale login cause one renewal', async () => {
    const auth = require('../../services/auth.js')
    wx.request.mockImplementation(({ success }) => setTimeout(() => success(tokens(2))))
    expect(await Promise.all(Array.from({ length: 8 }, () => auth.token()))).toEqual(Array(8).fill('a2'))
    expect(wx.request).toHaveBeenCalledTimes(1)
  })

  test('a dead refresh token falls back to WeChat', async () => {
    const auth = require('../../services/auth.js')
    wx.request.mockImplementation(({ success }) => success(tokens(1)))
    await auth.restore()
    const asked = []
    wx.request.mockImplementation(({ url, success }) => {
      asked.push(url.split('/api')[1])
      success(url.endsWith('/refresh') ? answer(401, { error: { code: 'unauthenticated', message: '请登录' } }) : tokens(3))
    })
    await auth.renew()
    expect(asked).toEqual(['/auth/refresh', '/auth/wechat/code'])
    expect(auth.heldToken()).toBe('a3')
  })

  test('after signing out nobody is signed in without a press', async () => {
    const auth = require('../../services/auth.js')
    wx.request.mockImplementation(({ success }) => success(tokens(1)))
    await auth.restore()
    await auth.signOut()
    expect(await auth.restore()).toBeNull()
    expect(auth.who()).toBeNull()
    expect((await auth.signIn()).name).toBe('张三')
  })
})
