import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { APPLICANT_PATHS, createAuth, localPath } from '@common/auth'
import { createTransport } from '@common/http'
import { serverNow } from '@common/serverClock'

const person = { id: 'u1', kind: 'applicant', name: '张三' }
const tokens = (n: number, seconds = 900) => ({ access_token: `A${n}`, expires_in: seconds, user: person })

/** A server that answers by path; what it was sent is kept. */
function server(answer: (path: string, init: any) => { status: number; body?: any; date?: string }) {
  const sent: { path: string; headers: Record<string, string> }[] = []
  vi.stubGlobal('fetch', async (path: string, init: any) => {
    sent.push({ path, headers: init.headers })
    const { status, body, date } = answer(path, init)
    const headers = { 'Content-Type': 'application/json', ...(date && { Date: date }) }
    return new Response(status === 204 ? null : JSON.stringify(body ?? {}), { status, headers })
  })
  return sent
}
const get = (path: string) => ({ method: 'GET', path, headers: {} })

beforeEach(() => {
  vi.stubGlobal('navigator', {})
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the login of a page', () => {
  it('renews itself once for many requests at a time', async () => {
    let refreshes = 0
    const sent = server((path) => {
      if (path.endsWith('/refresh')) return { status: 200, body: tokens((refreshes += 1)) }
      return { status: 200 }
    })
    const auth = createAuth('portal', APPLICANT_PATHS)
    auth.adopt(tokens(0, 10) as any)
    const transport = createTransport(auth)
    await Promise.all([transport.send(get('/api/a')), transport.send(get('/api/b')), transport.send(get('/api/c'))])
    expect(refreshes).toBe(1)
    expect(sent.filter(({ path }) => !path.endsWith('/refresh')).map(({ headers }) => headers.Authorization)).toEqual(['Bearer A1', 'Bearer A1', 'Bearer A1'])
    expect(sent[0].headers['X-Client']).toBe('portal')
  })
  it('tries a request again after a 401 and a renewal, and gives the 401 when there is none', async () => {
    let valid = false
    server((path) => {
      if (path.endsWith('/refresh')) return (valid = !valid) ? { status: 200, body: tokens(2) } : { status: 401 }
      return { status: valid ? 200 : 401, body: { ok: valid } }
    })
    const auth = createAuth('portal', APPLICANT_PATHS)
    auth.adopt(tokens(1) as any)
    const transport = createTransport(auth)
    expect((await transport.send(get('/api/me'))).status).toBe(200)
    expect(await auth.refresh()).toBe(false)
    expect(auth.state.person).toBeNull()
    expect((await transport.send(get('/api/me'))).status).toBe(401)
  })
  it('is no sign-out when the network is lost', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('offline')
    })
    const auth = createAuth('h5', APPLICANT_PATHS)
    auth.adopt(tokens(1) as any)
    await expect(auth.refresh()).rejects.toThrow()
    expect(auth.state.person?.name).toBe('张三')
  })
  it('ends on sign-out even when the answer is lost', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('offline')
    })
    const auth = createAuth('h5', APPLICANT_PATHS)
    auth.adopt(tokens(1) as any)
    await auth.signOut()
    expect(auth.state.person).toBeNull()
    expect(await auth.token()).toBeNull()
  })
})

describe('the way back after sign-in', () => {
  it.each(['/', '/items?q=1', '/session/01j?call=1#x', '/scan/abc_-1'])('goes to %s', (path) => expect(localPath(path)).toBe(path))
  it.each(['//evil.example', '/\\evil.example', '\\\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/\t/evil.example', '/a\\b', '', undefined, ['//x']])(
    'never leaves for %s',
    (path) => expect(localPath(path)).toBe('/'),
  )
})

describe('the clock', () => {
  it('follows the server when the device is wrong by more than the network takes', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-25T06:00:00Z'), toFake: ['Date'] })
    let date = 'Wed, 25 Nov 2026 06:10:00 GMT'
    server(() => ({ status: 200, date }))
    const transport = createTransport(createAuth('portal', APPLICANT_PATHS))
    await transport.send(get('/api/figures'))
    expect(Math.abs(serverNow() - Date.parse(date))).toBeLessThan(1000)
    date = 'Wed, 25 Nov 2026 06:00:01 GMT'
    await transport.send(get('/api/figures'))
    expect(serverNow()).toBe(Date.now())
  })
})
