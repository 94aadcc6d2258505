import { describe, expect, it } from 'vitest'
import { ApiError, createApi, queryString, type Reply, type Request } from '@shared/api.js'

function harness(answers: (Reply | 'lost')[]) {
  const requests: Request[] = []
  let keys = 0
  const answer = async (request: Request): Promise<Reply> => {
    requests.push(request)
    const next = answers.shift()
    if (!next || next === 'lost') throw new TypeError('network')
    return next
  }
  const api = createApi({
    transport: { send: answer, upload: (upload) => answer({ method: 'POST', ...upload }) },
    newKey: () => `key-${(keys += 1)}`,
    pause: async () => {},
  })
  return { api, requests }
}

describe('the api', () => {
  it('sends a command again under the same key when the answer was lost', async () => {
    const { api, requests } = harness(['lost', { status: 502, body: null }, { status: 201, body: { id: 'b1' } }])
    await expect(api.confirmBooking('b1')).resolves.toEqual({ id: 'b1' })
    expect(requests).toHaveLength(3)
    expect(new Set(requests.map((request) => request.headers['Idempotency-Key']))).toEqual(new Set(['key-1']))
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/api/bookings/b1/confirm' })
  })
  it('asks for a place again without a key: the same place is the same hold', async () => {
    const { api, requests } = harness(['lost', { status: 200, body: { id: 'b1' } }])
    await expect(api.hold('s1', 'i1')).resolves.toEqual({ id: 'b1' })
    expect(requests).toHaveLength(2)
    expect(requests[1]).toMatchObject({ method: 'POST', path: '/api/slots/s1/hold', body: { item_id: 'i1' }, headers: {} })
  })
  it('never sends a refused command again', async () => {
    const body = { error: { code: 'slot_full', message: '该时段刚刚约满，请选择其他时段', details: { next: 's2' }, request_id: 'r1' } }
    const { api, requests } = harness([{ status: 409, body }])
    const error: ApiError = await api.hold('s1', 'i1').catch((refused) => refused)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 409, code: 'slot_full', message: '该时段刚刚约满，请选择其他时段', details: { next: 's2' }, requestId: 'r1' })
    expect(error.transient).toBe(false)
    expect(requests).toHaveLength(1)
  })
  it('gives up after three tries with a message that says what to do', async () => {
    const { api, requests } = harness(['lost', 'lost', 'lost'])
    await expect(api.figures()).rejects.toMatchObject({ status: 0, code: 'offline', transient: true })
    expect(requests).toHaveLength(3)
  })
  it('uses a new key for each command', async () => {
    const { api, requests } = harness([{ status: 200, body: {} }, { status: 200, body: {} }])
    await api.confirmBooking('b1')
    await api.confirmBooking('b1')
    expect(requests.map((request) => request.headers['Idempotency-Key'])).toEqual(['key-1', 'key-2'])
  })
  it('writes queries without empty values', () => {
    expect(queryString({ q: '教师 资格', region: '', cursor: undefined, limit: 20 })).toBe('?q=%E6%95%99%E5%B8%88%20%E8%B5%84%E6%A0%BC&limit=20')
    expect(queryString({})).toBe('')
  })
})
