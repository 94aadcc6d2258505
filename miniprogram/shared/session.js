// One session on one device: the view from HTTP, the events from the socket, commands over HTTP.
// A command never depends on the socket; while the socket is down, the view and the events are polled.

import { addOutgoing, applyEvents, changesView, changeOutgoing, dropOutgoing, emptyChat, hasGap } from './reducer.js'

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').TimelineEvent} TimelineEvent */
/** @typedef {import('./socket.js').LiveSocket} LiveSocket */
/** @typedef {import('./socket.js').SocketState} SocketState */
/** @typedef {import('./api.js').Api} Api */

/**
 * @typedef {object} SessionState
 * @property {View|null} view
 * @property {import('./reducer.js').Chat} chat
 * @property {SocketState} connection
 * @property {boolean} peerTyping
 * @property {string[]} endpoints who is online in the session
 * @property {any} error why the first view could not be loaded
 */

/**
 * A message on its way, plain enough to be stored: what it shows, what it carries.
 * @typedef {object} Message
 * @property {import('./reducer.js').Card} card
 * @property {any} [file] of an attachment: what the transport takes
 * @property {string|null} [attachmentId] once the file is with the server
 * @property {boolean} [waits] no answer came: it goes out by itself when the line is back
 */
/** @typedef {{read: () => Message[], write: (messages: Message[]) => void}} Outbox keeps messages over the end of the app */

const POLL_EVERY = 4_000
const TYPING_SHOWN = 4_000
const TYPING_SENT_EVERY = 2_500
const ENDED = ['completed', 'abandoned']

/** The view with the place in line that was just told. @param {View} view @param {any} told @returns {View} */
const placed = (view, { ahead, agents_online, wait_minutes, updated_at }) => ({
  ...view,
  queue: { ahead, agents_online: agents_online ?? view.queue?.agents_online ?? 0, wait_minutes: wait_minutes ?? null, updated_at },
})

/**
 * @param {object} needs
 * @param {string} needs.id
 * @param {string} needs.endpoint applicant-pc, applicant-phone or agent
 * @param {Api} needs.api
 * @param {(options: {ticket: () => Promise<any>, after: () => number, onMessage: (m: any) => void, onState: (s: SocketState) => void}) => LiveSocket} needs.connect
 * @param {() => string} needs.newKey
 * @param {(state: SessionState) => void} needs.onChange
 * @param {() => string} [needs.now] ISO time for messages on their way
 * @param {Outbox} [needs.outbox]
 */
export function createSession({ id, endpoint, api, connect, newKey, onChange, now = () => new Date().toISOString(), outbox }) {
  /** @type {SessionState} */
  let state = { view: null, chat: emptyChat(), connection: 'idle', peerTyping: false, endpoints: [], error: null }
  let stopped = false
  /** @type {Set<(message: any) => void>} */
  const listeners = new Set()
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let pollTimer
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let typingTimer
  let typingSentAt = 0
  let receipt = { delivered: 0, read: 0 }
  /** @type {Map<string, Message>} */
  const onTheWay = new Map()

  /** @param {Partial<SessionState>} change */
  const set = (change) => {
    if (stopped) return
    state = { ...state, ...change }
    onChange(state)
  }

  /**
   * Runs one fetch at a time; calls that come meanwhile cause exactly one more.
   * @param {() => Promise<void>} fetchIt
   */
  const coalesced = (fetchIt) => {
    /** @type {Promise<void>|null} */
    let running = null
    let again = false
    const run = () => {
      if (running) {
        again = true
        return running
      }
      running = fetchIt().finally(() => {
        running = null
        if (again && !stopped) {
          again = false
          run().catch(() => {})
        }
      })
      return running
    }
    return run
  }

  const refresh = coalesced(async () => {
    try {
      const view = await api.view(id)
      if (!state.view || view.seq >= state.view.seq) set({ view, error: null })
    } catch (error) {
      if (!state.view) set({ error })
      throw error
    }
  })

  const catchUp = coalesced(async () => {
    for (let more = true; more && !stopped; ) {
      const before = state.chat.seq
      const page = await api.events(id, before)
      receive(page.events)
      more = state.chat.seq > before && state.chat.seq < page.seq
    }
  })

  /** @param {TimelineEvent[]} events */
  function receive(events) {
    const fresh = events.filter((event) => event.seq > state.chat.seq)
    if (!fresh.length) return
    const chat = applyEvents(state.chat, fresh)
    set({ chat, peerTyping: false })
    fresh.forEach((event) => event.payload?.client_id && settle(`c:${event.payload.client_id}`))
    if (hasGap(chat)) catchUp().catch(() => {})
    if (fresh.some(changesView)) refresh().catch(() => {})
    acknowledge({ delivered: chat.seq })
  }

  const sendReceipt = coalesced(async () => {
    const upTo = { ...receipt }
    await api.receipts(id, upTo)
  })

  /** @param {Partial<typeof receipt>} upTo */
  function acknowledge(upTo) {
    const next = { delivered: Math.max(receipt.delivered, upTo.delivered ?? 0), read: Math.max(receipt.read, upTo.read ?? 0) }
    if (next.delivered === receipt.delivered && next.read === receipt.read) return
    receipt = next
    sendReceipt().catch(() => {})
  }

  /** @param {any} message */
  function onMessage(message) {
    switch (message.t) {
      case 'hello':
        if (message.seq > state.chat.seq) catchUp().catch(() => {})
        refresh().catch(() => {})
        break
      case 'event':
        receive([message.event])
        break
      case 'queue':
        if (state.view?.state === 'waiting' && typeof message.ahead === 'number') set({ view: placed(state.view, message) })
        else refresh().catch(() => {})
        break
      case 'view':
        refresh().catch(() => {})
        break
      case 'replay':
        catchUp().catch(() => {})
        refresh().catch(() => {})
        break
      case 'presence':
        set({ endpoints: message.endpoints ?? [] })
        break
      case 'receipts':
        if (state.view) set({ view: { ...state.view, receipts: message.receipts } })
        break
      case 'typing':
        set({ peerTyping: true })
        clearTimeout(typingTimer)
        typingTimer = setTimeout(() => set({ peerTyping: false }), TYPING_SHOWN)
        break
    }
    listeners.forEach((listener) => listener(message))
  }

  const ended = () => ENDED.includes(state.view?.state ?? '')

  function poll() {
    clearTimeout(pollTimer)
    if (stopped) return
    pollTimer = setTimeout(async () => {
      if (state.connection !== 'live' && !ended()) {
        await Promise.all([refresh().catch(() => {}), catchUp().catch(() => {})])
      }
      poll()
    }, POLL_EVERY)
  }

  const socket = connect({
    ticket: () => api.socketTicket({ channel: 'session', id, endpoint }),
    after: () => state.chat.seq,
    onMessage,
    onState(connection) {
      set({ connection })
      if (connection === 'live') sendWaiting()
    },
  })

  const keep = () => outbox?.write([...onTheWay.values()])
  /** @param {string} key */
  const settle = (key) => onTheWay.delete(key) && keep()
  /** @param {string} key @param {Partial<import('./reducer.js').Card>} change */
  const mark = (key, change) => set({ chat: changeOutgoing(state.chat, key, change) })

  /** Shows the message at once, then sends it; a failed one stays with a way to try again. @param {Message} message */
  function deliver(message) {
    onTheWay.set(message.card.key, message)
    keep()
    set({ chat: addOutgoing(state.chat, message.card) })
    return attempt(message)
  }

  /** @param {Message} message */
  async function attempt(message) {
    const { key, payload } = message.card
    message.waits = false
    mark(key, { status: 'sending' })
    try {
      if (message.file !== undefined && !message.attachmentId) {
        const told = (/** @type {number} */ sent, /** @type {number} */ total) => mark(key, { progress: total ? sent / total : 0 })
        message.attachmentId = (await api.uploadAttachment(id, message.file, told)).id
        keep()
      }
      const content = message.attachmentId ? { attachment_id: message.attachmentId } : { text: payload.text }
      await api.sendMessage(id, { client_id: key.slice(2), ...content })
      settle(key)
      if (state.connection !== 'live') catchUp().catch(() => {})
    } catch (error) {
      const refusal = /** @type {any} */ (error)
      message.waits = refusal?.transient === true
      if (refusal?.code === 'content_refused') {
        settle(key)
        set({ chat: dropOutgoing(state.chat, key) }) // the page puts the words back where they were written
      } else {
        mark(key, { status: 'failed' })
      }
      throw error
    }
  }

  /** What got no answer goes out again once the line is back. The server stores each message once. */
  function sendWaiting() {
    for (const message of onTheWay.values()) if (message.waits) attempt(message).catch(() => {})
  }

  /** @param {'text'|'image'|'file'} type @param {Record<string, any>} payload */
  const outgoing = (type, payload) => {
    const clientId = newKey()
    const from = { kind: endpoint === 'agent' ? 'agent' : 'applicant' }
    return { key: `c:${clientId}`, type, seq: 0, at: now(), from, payload, status: /** @type {const} */ ('sending') }
  }

  return {
    get state() {
      return state
    },
    socket,
    /** Loads the view and the history, then goes live; messages that the app's end cut off go out again. */
    async start() {
      for (const message of outbox?.read() ?? []) {
        onTheWay.set(message.card.key, { ...message, waits: true })
        set({ chat: addOutgoing(state.chat, message.card) })
      }
      socket.start()
      poll()
      await Promise.all([refresh().catch(() => {}), catchUp().catch(() => {})])
      sendWaiting()
    },
    stop() {
      stopped = true
      clearTimeout(pollTimer)
      clearTimeout(typingTimer)
      listeners.clear()
      socket.close()
    },
    refresh,
    wake() {
      socket.wake()
      refresh().catch(() => {})
    },
    /** Signals, pointers and other messages that are never stored. @param {(message: any) => void} listener */
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /**
     * Runs a command, then takes a fresh view whether it worked or not (a refusal means that ours is old).
     * @template T @param {() => Promise<T>} command @returns {Promise<T>}
     */
    async act(command) {
      try {
        return await command()
      } finally {
        await refresh().catch(() => {})
        if (state.connection !== 'live') catchUp().catch(() => {})
      }
    },
    /** @param {string} action */
    may: (action) => state.view?.actions.includes(action) ?? false,
    /** @param {string} text */
    say: (text) => deliver({ card: outgoing('text', { text }) }),
    /** @param {any} file @param {{name: string, size: number, mime: string, preview?: string}} about */
    sendFile: (file, about) => deliver({ card: outgoing(about.mime.startsWith('image/') ? 'image' : 'file', about), file, attachmentId: null }),
    /** @param {string} key */
    async retry(key) {
      const message = onTheWay.get(key)
      if (message) await attempt(message)
    },
    /** @param {string} key */
    discard(key) {
      settle(key)
      set({ chat: dropOutgoing(state.chat, key) })
    },
    typing() {
      const at = Date.now()
      if (at - typingSentAt < TYPING_SENT_EVERY) return
      typingSentAt = at
      socket.send({ t: 'typing' }, { keep: false })
    },
    /** Everything up to here was on the screen. @param {number} seq */
    markRead: (seq) => acknowledge({ delivered: seq, read: seq }),
  }
}

/** @typedef {ReturnType<typeof createSession>} Session */
