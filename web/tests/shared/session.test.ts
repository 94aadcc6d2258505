import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSession, type Outbox, type SessionState } from '@shared/session.js'
import type { Api } from '@shared/api.js'
import type { TimelineEvent } from '@shared/types.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A server of one session, kept in memory, with a socket that can be up or down. */
function server({ outbox, events = [] }: { outbox?: Outbox; events?: TimelineEvent[] } = {}) {
  const calls = { view: 0, events: 0, receipts: [] as any[] }
  const hooks = { failMessages: 0, refuseMessages: 0, failView: false }
  let deliver: ((message: any) => void) | null = null
  let onState: (state: any) => void = () => {}
  const api = {
    async view() {
      calls.view += 1
      if (hooks.failView) throw Object.assign(new Error('offline'), { status: 0 })
      return { id: 'x', state: 'active', seq: events.length, actions: ['send'], prompts: [] }
    },
    async events(_id: string, after: number) {
      calls.events += 1
      return { events: events.slice(after), seq: events.length }
    },
    async sendMessage(_id: string, message: any) {
      if (hooks.failMessages > 0) {
        hooks.failMessages -= 1
        throw Object.assign(new Error('offline'), { status: 0, transient: true })
      }
      if (hooks.refuseMessages > 0) {
        hooks.refuseMessages -= 1
        throw Object.assign(new Error('内容含有不适宜的词语'), { status: 422, code: 'content_refused', transient: false })
      }
      if (!events.some((event) => event.payload?.client_id === message.client_id)) record('chat.text', message)
    },
    async receipts(_id: string, upTo: any) {
      calls.receipts.push(upTo)
    },
    uploadAttachment: async () => ({ id: 'file-1' }),
    socketTicket: async () => ({ ticket: 't', url: '/ws' }),
  }
  function record(kind: string, payload = {}) {
    const event = { seq: events.length + 1, kind, at: '2026-11-25T06:00:00Z', payload }
    events.push(event)
    deliver?.({ t: 'event', event })
    return event
  }
  let keys = 0
  let state: SessionState | null = null
  const session = createSession({
    id: 'x',
    endpoint: 'applicant-pc',
    api: api as unknown as Api,
    outbox,
    newKey: () => `k${(keys += 1)}`,
    onChange: (next) => (state = next),
    connect(options) {
      onState = options.onState
      const up = () => {
        deliver = options.onMessage
        onState('live')
        deliver({ t: 'hello', seq: events.length })
      }
      const down = () => {
        deliver = null
        onState('waiting')
      }
      Object.assign(link, { up, down, say: options.onMessage })
      return { state: 'idle', start: up, send() {}, wake() {}, close: down } as any
    },
  })
  return { session, record, calls, hooks, events, now: () => state as unknown as SessionState }
}
const link = { up() {}, down() {}, say(_message: any) {} }
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('a session', () => {
  it('loads history and view, then follows', async () => {
    const s = server()
    s.record('session.queued')
    s.record('chat.text', { text: '您好' })
    await s.session.start()
    expect(s.now().chat.seq).toBe(2)
    expect(s.now().view?.state).toBe('active')
    s.record('chat.text', { text: '在吗' })
    await settle()
    expect(s.now().chat.cards).toHaveLength(3)
  })
  it('takes one fresh view for a burst of events and none for chat', async () => {
    const s = server()
    await s.session.start()
    await settle()
    const before = s.calls.view
    for (let n = 0; n < 10; n += 1) s.record('chat.text', { text: String(n) })
    await settle()
    expect(s.calls.view).toBe(before)
    for (let n = 0; n < 10; n += 1) s.record('material.uploaded', { name: '照片' })
    await settle()
    expect(s.calls.view - before).toBeLessThanOrEqual(2)
    expect(s.now().view?.seq).toBe(20)
  })
  it('fetches what a gap hides', async () => {
    const s = server()
    await s.session.start()
    link.down()
    s.record('chat.text', { text: '一' })
    s.record('chat.text', { text: '二' })
    link.say({ t: 'event', event: s.events[1] })
    await settle()
    expect(s.now().chat.cards.map((card) => card.payload.text)).toEqual(['一', '二'])
  })
  it('polls while the socket is down and stops polling when it is up', async () => {
    const s = server()
    await s.session.start()
    link.down()
    s.record('chat.text', { text: '无网' })
    await vi.advanceTimersByTimeAsync(4_100)
    expect(s.now().chat.cards.map((card) => card.payload.text)).toEqual(['无网'])
    link.up()
    await settle()
    const polled = s.calls.events
    await vi.advanceTimersByTimeAsync(20_000)
    expect(s.calls.events).toBe(polled)
  })
  it('keeps a failed message and sends it once when asked again', async () => {
    const s = server()
    await s.session.start()
    s.hooks.failMessages = 1
    await expect(s.session.say('材料已寄出')).rejects.toThrow()
    expect(s.now().chat.outgoing).toMatchObject([{ status: 'failed', payload: { text: '材料已寄出' } }])
    await s.session.retry(s.now().chat.outgoing[0].key)
    await settle()
    expect(s.now().chat.outgoing).toEqual([])
    expect(s.events.filter((event) => event.kind === 'chat.text')).toHaveLength(1)
  })
  it('takes a message back whose words were refused: the page has them still', async () => {
    const s = server()
    await s.session.start()
    s.hooks.refuseMessages = 1
    await expect(s.session.say('不合适')).rejects.toMatchObject({ code: 'content_refused' })
    expect(s.now().chat.outgoing).toEqual([])
    await s.session.say('合适')
    expect(s.events.filter((event) => event.kind === 'chat.text')).toHaveLength(1)
  })
  it('sends what got no answer again once the line is back', async () => {
    const s = server()
    await s.session.start()
    s.hooks.failMessages = 1
    await expect(s.session.say('还在吗')).rejects.toThrow()
    link.down()
    link.up()
    await settle()
    expect(s.now().chat.outgoing).toEqual([])
    expect(s.events.filter((event) => event.kind === 'chat.text')).toHaveLength(1)
  })
  it('keeps messages on their way over the end of the app, in their order and once each', async () => {
    let stored = '[]'
    const outbox: Outbox = { read: () => JSON.parse(stored), write: (messages) => (stored = JSON.stringify(messages)) }
    const first = server({ outbox })
    await first.session.start()
    first.hooks.failMessages = 9
    await expect(first.session.say('一')).rejects.toThrow()
    await expect(first.session.sendFile('/tmp/a.jpg', { name: 'a.jpg', size: 3, mime: 'image/jpeg' })).rejects.toThrow()
    first.hooks.failMessages = 0
    first.record('chat.text', { client_id: JSON.parse(stored)[0].card.key.slice(2), text: '一' }) // the first had got through after all
    first.session.stop()

    const again = server({ outbox, events: first.events })
    await again.session.start()
    await settle()
    expect(again.now().chat.outgoing).toEqual([])
    expect(again.events.map((event) => event.payload?.attachment_id ?? event.payload?.text)).toEqual(['一', 'file-1'])
    expect(stored).toBe('[]')
  })
  it('takes a fresh view after a refused command', async () => {
    const s = server()
    await s.session.start()
    await settle()
    const before = s.calls.view
    await expect(s.session.act(() => Promise.reject(new Error('409')))).rejects.toThrow('409')
    expect(s.calls.view).toBeGreaterThan(before)
  })
  it('reports why the first view is missing and recovers by itself', async () => {
    const s = server()
    s.hooks.failView = true
    await s.session.start()
    expect(s.now().error).toMatchObject({ status: 0 })
    s.hooks.failView = false
    link.say({ t: 'view' })
    await settle()
    expect(s.now().error).toBeNull()
    expect(s.now().view?.state).toBe('active')
  })
  it('acknowledges what arrived and what was read', async () => {
    const s = server()
    await s.session.start()
    s.record('chat.text', { text: '请看' })
    await settle()
    s.session.markRead(1)
    await settle()
    expect(s.calls.receipts).toEqual([
      { delivered: 1, read: 0 },
      { delivered: 1, read: 1 },
    ])
  })
})
