// A socket that keeps itself alive: one-time ticket, heartbeat, back-off with full jitter, replay after N, resume.
// It owns no WebSocket of its own: `open` is injected (browser WebSocket or wx.connectSocket).

/**
 * @typedef {object} RawSocket
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 */
/** @typedef {{onOpen: () => void, onText: (text: string) => void, onClose: (code: number) => void}} RawEvents */
/** @typedef {'idle'|'connecting'|'live'|'waiting'|'replaced'|'refused'|'closed'} SocketState */

const PING_EVERY = 20_000
const SILENCE_LIMIT = 12_000 // after a ping, anything at all must come within this time
const RESUME_LIMIT = 4_000 // the same, when the page has just come back to the front
const OPEN_LIMIT = 10_000
const BACKOFF_BASE = 500
const BACKOFF_CAP = 15_000
const OUTBOX_LIMIT = 128

const REPLACED = 4001
const REFUSALS = [401, 403, 404, 410]

/**
 * Waiting time before try number `n` (from 0): anything between 0 and the doubled base, so that a crowd spreads out.
 * @param {number} n @param {() => number} random
 */
export function backoff(n, random) {
  return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** Math.min(n, 10))
}

/**
 * @param {object} needs
 * @param {(url: string, events: RawEvents) => RawSocket} needs.open
 * @param {() => Promise<{ticket: string, url: string}>} needs.ticket a fresh one-time ticket
 * @param {() => number} [needs.after] the last number that the client holds
 * @param {(message: any) => void} needs.onMessage
 * @param {(state: SocketState) => void} [needs.onState]
 * @param {() => number} [needs.random]
 */
export function createSocket({ open, ticket, after = () => 0, onMessage, onState = () => {}, random = Math.random }) {
  /** @type {SocketState} */
  let state = 'idle'
  /** @type {RawSocket|null} */
  let raw = null
  let generation = 0
  let tries = 0
  /** @type {string[]} */
  let outbox = []
  /** @type {Record<string, ReturnType<typeof setTimeout>|undefined>} */
  const timers = {}

  /** @param {string} name @param {number} ms @param {() => void} run */
  const after_ = (name, ms, run) => {
    clearTimeout(timers[name])
    timers[name] = setTimeout(run, ms)
  }
  const stopTimers = () => Object.values(timers).forEach((timer) => clearTimeout(timer))

  /** @param {SocketState} next */
  const become = (next) => {
    if (state === next) return
    state = next
    onState(next)
  }

  const ping = (limit = SILENCE_LIMIT) => {
    if (state !== 'live') return
    raw?.send('{"t":"ping"}')
    after_('silence', limit, () => lost(0))
    after_('ping', PING_EVERY, ping)
  }

  /** @param {number} code */
  const lost = (code) => {
    generation += 1
    stopTimers()
    const old = raw
    raw = null
    old?.close()
    if (state === 'closed') return
    if (code === REPLACED) return become('replaced')
    become('waiting')
    after_('retry', backoff(tries, random), connect)
    tries += 1
  }

  /** @param {string} text */
  const heard = (text) => {
    clearTimeout(timers.silence)
    const message = JSON.parse(text)
    if (message.t === 'pong') return
    if (message.t === 'hello') tries = 0
    onMessage(message)
  }

  async function connect() {
    generation += 1
    const mine = generation
    const current = () => mine === generation
    become('connecting')
    after_('opening', OPEN_LIMIT, () => lost(0))
    let pass
    try {
      pass = await ticket()
    } catch (error) {
      if (!current()) return
      if (REFUSALS.includes(/** @type {any} */ (error)?.status)) {
        stopTimers()
        return become('refused')
      }
      return lost(0)
    }
    if (!current()) return
    const query = `ticket=${encodeURIComponent(pass.ticket)}&after=${after()}`
    raw = open(pass.url + (pass.url.includes('?') ? '&' : '?') + query, {
      onOpen() {
        if (!current()) return
        clearTimeout(timers.opening)
        become('live')
        outbox.splice(0).forEach((text) => raw?.send(text))
        after_('ping', PING_EVERY, ping)
      },
      onText: (text) => current() && heard(text),
      onClose: (code) => current() && lost(code),
    })
  }

  return {
    get state() {
      return state
    },
    start() {
      if (state === 'idle' || state === 'replaced' || state === 'refused') connect()
    },
    /**
     * Sends at once when live; else keeps the message (the oldest ones go first when there are too many).
     * @param {any} message @param {{keep?: boolean}} [options] keep: false drops it while the socket is down
     */
    send(message, { keep = true } = {}) {
      const text = JSON.stringify(message)
      if (state === 'live') return raw?.send(text)
      if (keep) outbox = [...outbox, text].slice(-OUTBOX_LIMIT)
    },
    /** The page came to the front or the network came back: don't wait, look at once. */
    wake() {
      if (state === 'waiting') {
        tries = 0
        clearTimeout(timers.retry)
        connect()
      } else if (state === 'live') ping(RESUME_LIMIT)
    },
    close() {
      become('closed')
      lost(1000)
    },
  }
}

/** @typedef {ReturnType<typeof createSocket>} LiveSocket */
