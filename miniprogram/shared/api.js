// The verbs of the HTTP API over an injected transport: fetch in the browser, wx.request in the mini-program.
// Commands carry an Idempotency-Key, so that a command whose answer got lost is safely sent again.

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} path with its query, starting at /api
 * @property {any} [body] plain JSON
 * @property {Record<string, string>} headers
 */
/** @typedef {{status: number, body: any}} Reply */
/** @typedef {{path: string, file: any, fields: Record<string, string>, headers: Record<string, string>, onProgress?: (sent: number, total: number) => void}} Upload */
/**
 * @typedef {object} Transport rejects only when no answer came
 * @property {(request: Request) => Promise<Reply>} send
 * @property {(upload: Upload) => Promise<Reply>} upload
 */

/** A refusal of the server, in its one error shape; status 0 means that no answer came. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message 中文, says what to do
   * @param {any} [details]
   * @param {string} [requestId]
   */
  constructor(status, code, message, details, requestId) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.details = details ?? {}
    this.requestId = requestId
  }

  /** No answer, or the server is restarting: trying again may help. */
  get transient() {
    return this.status === 0 || [502, 503, 504].includes(this.status)
  }
}

const OFFLINE = '网络不太顺畅，请检查网络后重试'
const TRIES = 3
const PAUSES = [400, 1200]

/** @param {Reply} reply @returns {ApiError} */
function refusal(reply) {
  const error = reply.body?.error
  if (error?.code) return new ApiError(reply.status, error.code, error.message, error.details, error.request_id)
  const message = reply.status >= 500 ? '服务正在恢复，请稍后重试' : '操作没有成功，请刷新后重试'
  return new ApiError(reply.status, 'http_' + reply.status, message)
}

/** @param {Record<string, any>} [query] @returns {string} */
export function queryString(query) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '')
  if (!pairs.length) return ''
  return '?' + pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}

/**
 * @param {object} needs
 * @param {Transport} needs.transport
 * @param {() => string} needs.newKey a fresh random key
 * @param {(ms: number) => Promise<void>} [needs.pause]
 */
export function createApi({ transport, newKey, pause = (ms) => new Promise((done) => setTimeout(done, ms)) }) {
  /** @param {() => Promise<Reply>} once @returns {Promise<any>} */
  async function attempt(once) {
    for (let tries = 1; ; tries += 1) {
      const error = await once().then(
        (reply) => {
          if (reply.status < 400) return { reply }
          return refusal(reply)
        },
        () => new ApiError(0, 'offline', OFFLINE),
      )
      if (!(error instanceof ApiError)) return error.reply.body
      if (!error.transient || tries === TRIES) throw error
      await pause(PAUSES[tries - 1])
    }
  }

  /** @param {string} method @param {string} path @param {any} [body] @param {Record<string, string>} [headers] */
  const command = (method, path, body, headers = { 'Idempotency-Key': newKey() }) => {
    return attempt(() => transport.send({ method, path: '/api' + path, body: body ?? {}, headers }))
  }
  /** @param {string} path @param {Record<string, any>} [query] */
  const get = (path, query) =>
    attempt(() => transport.send({ method: 'GET', path: '/api' + path + queryString(query), headers: {} }))
  /** @param {string} path @param {any} [body] */
  const post = (path, body) => command('POST', path, body)
  /** @param {string} path @param {any} file @param {Record<string, string>} fields @param {(sent: number, total: number) => void} [onProgress] */
  const upload = (path, file, fields, onProgress) => {
    const headers = { 'Idempotency-Key': newKey() }
    return attempt(() => transport.upload({ path: '/api' + path, file, fields, headers, onProgress }))
  }
  /** @param {string} id @param {string} verb @param {any} [body] */
  const inSession = (id, verb, body) => post(`/sessions/${id}/${verb}`, body)

  return {
    get,
    post,
    command,
    upload,

    // sign-in
    /** @param {string} phone */
    requestCode: (phone) => post('/auth/sms', { phone }),
    /** @param {string} phone @param {string} code @param {string} [realName] */
    signInByPhone: (phone, code, realName) => post('/auth/phone', { phone, code, ...(realName ? { real_name: realName } : {}) }),
    /** @param {string} code @param {'mp'|'oa'} entry */
    signInByWechat: (code, entry) => post('/auth/wechat/code', { code, entry }),
    me: () => get('/me'),
    /** @param {{real_name?: string, id_number?: string}} changes */
    updateMe: (changes) => command('PUT', '/me', changes),

    // catalogue
    regions: () => get('/regions'),
    /** @param {string} [region] */
    categories: (region) => get('/categories', { region }),
    /** @param {{q?: string, region?: string, category?: string, cursor?: string, limit?: number}} query */
    items: (query) => get('/items', query),
    /** @param {string} id */
    item: (id) => get(`/items/${id}`),
    figures: () => get('/portal/figures'),

    // booking
    /** @param {string} itemId */
    days: (itemId) => get(`/items/${itemId}/days`),
    /** @param {string} itemId @param {string} date */
    slots: (itemId, date) => get(`/items/${itemId}/slots`, { date }),
    /**
     * The same place asked for twice is the same hold: safe to repeat by itself, so the busiest write needs no key.
     * @param {string} slotId @param {string} itemId
     */
    hold: (slotId, itemId) => command('POST', `/slots/${slotId}/hold`, { item_id: itemId }, {}),
    /** @param {string} id */
    confirmBooking: (id) => post(`/bookings/${id}/confirm`),
    /** @param {string} id */
    releaseHold: (id) => post(`/bookings/${id}/release`),
    /** @param {string} id @param {string} [reason] */
    cancelBooking: (id, reason) => post(`/bookings/${id}/cancel`, reason ? { reason } : {}),
    /** @param {string} id @param {string} slotId */
    reschedule: (id, slotId) => post(`/bookings/${id}/reschedule`, { slot_id: slotId }),
    bookings: () => get('/bookings'),
    /** @param {string} id */
    booking: (id) => get(`/bookings/${id}`),
    /** @param {string} id */
    calendarUrl: (id) => `/api/bookings/${id}/calendar.ics`,

    // queue and session
    /** @param {string} bookingId */
    gate: (bookingId) => get(`/bookings/${bookingId}/gate`),
    /** @param {string} bookingId @param {{consents: {text_id: string, version: number|string}[], materials_ready: boolean, endpoint?: string}} body */
    enterQueue: (bookingId, body) => post(`/bookings/${bookingId}/queue`, body),
    /** The place is kept while the page is closed; a notice comes when three are ahead. @param {string} id */
    callMe: (id) => inSession(id, 'call-me'),
    openSessions: () => get('/sessions/mine'),
    /** @param {string} id */
    view: (id) => get(`/sessions/${id}`),
    /** @param {string} id @param {number} after */
    events: (id, after) => get(`/sessions/${id}/events`, { after }),
    /** @param {string} id */
    leave: (id) => inSession(id, 'leave'),
    /** @param {string} id @param {string} endpoint the device that answers: a PC's call starts by itself */
    answer: (id, endpoint) => inSession(id, 'answer', { endpoint }),
    /** @param {string} id */
    decline: (id) => inSession(id, 'decline'),
    /** @param {string} id @param {string} reason @param {string[]} [missing] */
    suspend: (id, reason, missing = []) => inSession(id, 'suspend', { reason, missing }),
    /** @param {string} id */
    reconnect: (id) => inSession(id, 'reconnect'),
    /** @param {string} id @param {{client_id: string, text?: string, attachment_id?: string}} message */
    sendMessage: (id, message) => inSession(id, 'messages', message),
    /** @param {string} id @param {{delivered: number, read: number}} upTo */
    receipts: (id, upTo) => inSession(id, 'receipts', upTo),
    /** @param {string} id @param {string} endpoint */
    startCall: (id, endpoint) => inSession(id, 'call/start', { endpoint }),
    /** @param {string} id */
    endCall: (id) => inSession(id, 'call/end'),
    /** @param {string} id */
    ice: (id) => get(`/sessions/${id}/ice`),
    /** @param {string} id @param {'request'|'grant'|'refuse'|'started'|'stopped'} verb @param {any} [body] */
    screen: (id, verb, body) => inSession(id, `screen/${verb}`, body),
    /** @param {string} id @param {'request'|'grant'|'refuse'|'stopped'} verb */
    control: (id, verb) => inSession(id, `control/${verb}`),
    /** @param {string} id @param {Record<string, any>} report */
    devices: (id, report) => inSession(id, 'devices', report),
    /** @param {string} id */
    handover: (id) => inSession(id, 'handover'),
    /** @param {string} ticket */
    redeemHandover: (ticket) => post('/handover/redeem', { ticket }),
    /** @param {{channel: string, id?: string, endpoint?: string, item_id?: string}} request */
    socketTicket: (request) => post('/socket-tickets', request),

    // notices
    /** @param {string} [cursor] */
    notices: (cursor) => get('/notices', { cursor }),
    readNotices: () => post('/notices/read'),
    /** @param {'booked'|'queue'|'session'} moment */
    noticeTemplates: (moment) => get('/notice/templates', { moment }),
    /** @param {Record<string, string>} results as wx.requestSubscribeMessage gave them */
    noticeConsents: (results) => post('/notice/consents', { results }),

    // files and materials
    /** @param {string} id @param {any} file @param {(sent: number, total: number) => void} [onProgress] */
    uploadAttachment: (id, file, onProgress) => upload(`/sessions/${id}/attachments`, file, { purpose: 'chat' }, onProgress),
    /** @param {string} id @param {'thumb'|'preview'} [size] a small or large picture instead of the bytes */
    attachmentUrl: (id, size) => `/api/attachments/${id}` + (size ? `?${size}=1` : ''),
    /** @param {string} id @param {any} file @param {(sent: number, total: number) => void} [onProgress] */
    uploadMaterial: (id, file, onProgress) => upload(`/materials/${id}/versions`, file, {}, onProgress),
    /** @param {string} id */
    copyUrl: (id) => `/api/materials/${id}/copy`,
    /** @param {string} id The signed commitment as PDF. */
    documentUrl: (id) => `/api/commitments/${id}/document`,

    // commitment and signature
    /** @param {string} id */
    commitment: (id) => get(`/commitments/${id}`),
    /** @param {string} id */
    readCommitment: (id) => post(`/commitments/${id}/read`),
    /** @param {string} id */
    signTicket: (id) => post(`/commitments/${id}/tickets`),
    /** @param {string} id @param {{strokes: object[][], image: string, width?: number, height?: number, body_hash?: string}} signature */
    sign: (id, signature) => post(`/commitments/${id}/sign`, signature),

    // courier and rating
    /** @param {string} id */
    pickupOptions: (id) => get(`/sessions/${id}/pickup/options`),
    /** @param {string} id @param {Record<string, any>} form */
    submitPickup: (id, form) => inSession(id, 'pickup/submit', form),
    ratingTags: () => get('/rating/tags'),
    /** @param {string} id @param {{level: number, tags: string[], comment: string, anonymous: boolean, change?: boolean}} rating change: of one that was given */
    rate: (id, rating) => inSession(id, 'rating', rating),
  }
}

/** @typedef {ReturnType<typeof createApi>} Api */

/** The rows of a list answer. @param {any} reply @returns {any[]} */
export const listOf = (reply) => (Array.isArray(reply) ? reply : (reply?.items ?? []))
