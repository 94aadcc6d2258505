// The shapes that the server sends. Types only: nothing here runs.

/** @typedef {'waiting'|'ringing'|'active'|'suspended'|'completed'|'abandoned'} SessionState */
/** @typedef {'held'|'booked'|'queued'|'served'|'cancelled'|'missed'} BookingState */
/** @typedef {'requested'|'uploaded'|'verified'|'rejected'} MaterialState */

/**
 * One entry of the timeline. An applicant gets staff-only entries as kind "hidden", so that numbers have no gap.
 * @typedef {object} TimelineEvent
 * @property {number} seq
 * @property {string} kind
 * @property {{kind: 'applicant'|'agent'|'system', id?: string|null, name?: string|null}} [actor]
 * @property {string} at ISO time, UTC
 * @property {Record<string, any>} [payload]
 */

/**
 * @typedef {object} Prompt
 * @property {string} id for example "commitment:01J…"
 * @property {'ring'|'screen_request'|'control_request'|'commitment'|'materials'|'pickup'|'rating'|'call_invite'} kind
 * @property {string} title
 * @property {number} seq the event whose card reopens it
 * @property {Record<string, any>} data
 */

/**
 * @typedef {object} MaterialVersion
 * @property {number} no
 * @property {string} attachment_id
 * @property {string} name
 * @property {string} mime
 * @property {number} size bytes
 * @property {string} state
 * @property {string|null} [copy_attachment_id]
 */

/**
 * @typedef {object} Material
 * @property {string} id
 * @property {string} name
 * @property {MaterialState} state
 * @property {string|null} [note]
 * @property {boolean} original_required
 * @property {string|null} [reason]
 * @property {MaterialVersion[]} versions
 * @property {string[]} [actions]
 */

/**
 * @typedef {object} View what one party may see and do in a session; drawn by every client as it stands
 * @property {string} id
 * @property {string} number
 * @property {SessionState} state
 * @property {number} seq
 * @property {{id: string, name: string}} item
 * @property {boolean} [mail_allowed]
 * @property {string[]} actions
 * @property {Prompt[]} prompts
 * @property {{ahead: number, wait_minutes: [number, number]|null, agents_online: number, updated_at?: string, notices?: string[]}|null} [queue]
 * @property {boolean} [call_me] asked to be called when the turn is near
 * @property {{name: string, number?: string, online: boolean, endpoints?: string[]}|null} [peer]
 * @property {{endpoint?: string}} [me]
 * @property {Record<string, any>} [applicant]
 * @property {{epoch: number, state: 'idle'|'calling'|'on', media_endpoint?: string|null}|null} [call]
 * @property {{state: 'none'|'requested'|'granted'|'on', surface?: string|null}|null} [screen]
 * @property {{state: string}|null} [control]
 * @property {Material[]} [materials]
 * @property {{id: string, state: 'pushed'|'read'|'signed'|'withdrawn', title: string, read_seconds_left?: number, ticket?: {state: string, expires_at: string}|null}|null} [commitment]
 * @property {Record<string, any>|null} [pickup]
 * @property {Record<string, any>|null} [rating]
 * @property {string|null} [outcome]
 * @property {{by?: string, reason?: string, missing?: string[], expires_at?: string}|null} [suspended]
 * @property {{key: string, title: string, done: boolean}[]} [progress]
 * @property {Record<string, {delivered: number, read: number}>} [receipts]
 */

/**
 * @typedef {object} QueueMode
 * @property {boolean} enabled
 * @property {string|null} [reason]
 * @property {string|null} [opens_at]
 * @property {string|null} [closes_at]
 * @property {string|null} [booking_id]
 */

/**
 * @typedef {object} Booking
 * @property {string} id
 * @property {BookingState} state
 * @property {string|null} [held_until]
 * @property {number|null} [seconds_left] of a hold, by the server's clock
 * @property {{id: string, name: string}} item
 * @property {{id?: string, date: string, start_at: string, end_at: string}} slot
 * @property {QueueMode} [queue]
 * @property {string[]} actions
 * @property {string|null} [session_id]
 */

/**
 * @typedef {object} Notice
 * @property {string} id
 * @property {string} kind
 * @property {string} title
 * @property {string} text
 * @property {string} at
 * @property {boolean} read
 * @property {{page: 'session'|'bookings'|'rating', id: string|null}} target
 */

/**
 * @typedef {object} Slot
 * @property {string} id
 * @property {string} start_at
 * @property {string} end_at
 * @property {number} capacity
 * @property {number} left
 * @property {'open'|'full'|'closed'|'past'|'mine'} state
 * @property {number} [v] rises with each change; an older announcement is dropped
 */

export {}
