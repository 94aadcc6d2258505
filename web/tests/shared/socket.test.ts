import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backoff, createSocket, type RawEvents } from '@shared/socket.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A network of fake sockets: each opened one can be answered, silenced or cut. */
function network({ after = 0 } = {}) {
  const opened: { url: string; events: RawEvents; sent: string[]; closed: boolean }[] = []
  const messages: any[] = []
  const states: string[] = []
  let tickets = 0
  const box = { ticket: async () => ({ ticket: `T${(tickets += 1)}`, url: '/ws' }) as { ticket: string; url: string }, seq: after }
  const socket = createSocket({
    open(url, events) {
      const raw = { url, events, sent: [] as string[], closed: false }
      opened.push(raw)
      return { send: (text) => raw.sent.push(text), close: () => void (raw.closed = true) }
    },
    ticket: () => box.ticket(),
    after: () => box.seq,
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    random: () => 1,
  })
  const last = () => opened[opened.length - 1]
  const goLive = async () => {
    await vi.advanceTimersByTimeAsync(0)
    last().events.onOpen()
    last().events.onText('{"t":"hello","seq":0,"endpoint":"applicant-pc"}')
  }
  return { socket, opened, messages, states, last, goLive, box }
}

describe('a live socket', () => {
  it('opens with a fresh ticket and its last number, every time', async () => {
    const net = network({ after: 7 })
    net.socket.start()
    await net.goLive()
    expect(net.last().url).toBe('/ws?ticket=T1&after=7')
    net.box.seq = 9
    net.last().events.onClose(1006)
    await vi.advanceTimersByTimeAsync(500)
    expect(net.last().url).toBe('/ws?ticket=T2&after=9')
    expect(net.states).toEqual(['connecting', 'live', 'waiting', 'connecting'])
  })
  it('pings each 20 s and opens again when nothing comes back', async () => {
    const net = network()
    net.socket.start()
    await net.goLive()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(net.last().sent).toEqual(['{"t":"ping"}'])
    net.last().events.onText('{"t":"pong"}')
    await vi.advanceTimersByTimeAsync(19_999)
    expect(net.opened).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1 + 12_000 + 500)
    expect(net.opened).toHaveLength(2)
    expect(net.opened[0].closed).toBe(true)
  })
  it('backs off with full jitter up to its cap', () => {
    expect(backoff(0, () => 1)).toBe(500)
    expect(backoff(3, () => 1)).toBe(4000)
    expect(backoff(50, () => 1)).toBe(15_000)
    expect(backoff(3, () => 0.25)).toBe(1000)
    expect(backoff(3, () => 0)).toBe(0)
  })
  it('keeps signals while it is down and sends them in order, but drops what is only of the moment', async () => {
    const net = network()
    net.socket.start()
    net.socket.send({ t: 'signal', n: 1 })
    net.socket.send({ t: 'typing' }, { keep: false })
    net.socket.send({ t: 'signal', n: 2 })
    await net.goLive()
    expect(net.last().sent).toEqual(['{"t":"signal","n":1}', '{"t":"signal","n":2}'])
  })
  it('stays away when a newer page took its place, until the user says so', async () => {
    const net = network()
    net.socket.start()
    await net.goLive()
    net.last().events.onClose(4001)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(net.opened).toHaveLength(1)
    expect(net.socket.state).toBe('replaced')
    net.socket.start()
    await net.goLive()
    expect(net.socket.state).toBe('live')
  })
  it('stops at a refusal and goes on after a lost answer', async () => {
    const net = network()
    net.box.ticket = () => Promise.reject(Object.assign(new Error('offline'), { status: 0 }))
    net.socket.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(net.socket.state).toBe('waiting')
    net.box.ticket = () => Promise.reject(Object.assign(new Error('gone'), { status: 404 }))
    await vi.advanceTimersByTimeAsync(500)
    expect(net.socket.state).toBe('refused')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(net.opened).toHaveLength(0)
  })
  it('looks at once when the page wakes up', async () => {
    const net = network()
    net.socket.start()
    await net.goLive()
    net.socket.wake()
    expect(net.last().sent).toEqual(['{"t":"ping"}'])
    await vi.advanceTimersByTimeAsync(4_000)
    expect(net.socket.state).toBe('waiting')
    net.socket.wake()
    await net.goLive()
    expect(net.socket.state).toBe('live')
    expect(net.opened).toHaveLength(2)
  })
  it('ignores what an old connection still says, and stays closed', async () => {
    const net = network()
    net.socket.start()
    await net.goLive()
    const old = net.last()
    net.socket.close()
    const heard = net.messages.length
    old.events.onText('{"t":"view"}')
    old.events.onClose(1006)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(net.messages).toHaveLength(heard)
    expect(net.opened).toHaveLength(1)
    expect(net.socket.state).toBe('closed')
  })
})
