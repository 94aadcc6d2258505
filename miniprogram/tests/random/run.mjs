// Random steps: node tests/random/run.mjs SERVER SANDBOX RUNS SEED
//
// Three sessions with an agent each. A run does a few steps on the phone or at the agent's desk; at a random one the
// socket, the app, the network or the server goes, in the middle of the step. Then the phone must show what the server
// holds: state, prompts, every message once, in order. `kill-server` on stdout asks for the server's death; a line on
// stdin tells that it is done. The last line is `random-steps: N passed, N failed`.

import { createInterface } from 'node:readline'
import { Phone } from './phone.mjs'

const [server, sandbox, runs, seed] = [...process.argv.slice(2, 4), ...process.argv.slice(4).map(Number)]
const PEOPLE = [['zhangsan', 'kefu01'], ['lisi', 'kefu02'], ['ouyangruoxi', 'kefu03']]
const PATIENCE_MS = 40_000
const FAULTS = ['socket', 'app', 'network', 'background']

/** The same numbers for the same seed (mulberry32). @param {number} state */
function randomly(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const lines = createInterface({ input: process.stdin })
const killServer = () => new Promise((done) => (lines.once('line', done), console.log('kill-server')))

/** A caller without an app: repeats while the server is away. */
async function call(token, method, path, body) {
  const headers = { 'Content-Type': 'application/json', 'X-Client': 'miniprogram', 'Idempotency-Key': crypto.randomUUID(), ...(token ? { Authorization: `Bearer ${token}` } : {}) }
  if (method === 'GET') delete headers['Idempotency-Key']
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const reply = await fetch(server + '/api' + path, { method, headers, body: method === 'GET' ? undefined : JSON.stringify(body ?? {}) }).catch(() => null)
    if (reply && reply.status < 500) {
      const answer = reply.status === 204 ? null : await reply.json()
      if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(answer)}`)
      return answer
    }
    if (Date.now() > end) throw new Error(`${method} ${path}: no answer`)
    await pause(100)
  }
}

class Lane {
  async open([persona, agent]) {
    const reply = await fetch(`${sandbox}/__sandbox__/codes`, { method: 'POST', body: JSON.stringify({ kind: 'login', persona }) })
    this.phone = new Phone(server, (await reply.json()).code)
    this.app = this.phone.start()
    await this.app.restore()
    this.agent = (await call('', 'POST', '/auth/staff', { username: agent, password: 'Demo-2026!' })).access_token
    await call(this.agent, 'POST', '/console/duty', { state: 'idle' })
    const item = (await this.app.api.items({ q: '教师资格认定' })).items.find((one) => one.video_enabled)
    this.requirements = (await this.app.api.item(item.id)).materials
    const { days } = await this.app.api.days(item.id)
    const slot = (await this.app.api.slots(item.id, days[0].date)).items.find((one) => one.state === 'open')
    const booking = await this.app.api.hold(slot.id, item.id)
    await this.app.api.confirmBooking(booking.id)
    const gate = await this.app.api.gate(booking.id)
    const consents = gate.texts.map(({ id, version }) => ({ text_id: id, version }))
    this.id = (await this.app.api.enterQueue(booking.id, { consents, materials_ready: true, endpoint: 'applicant-phone' })).id
    await call(this.agent, 'POST', `/console/sessions/${this.id}/accept`)
    await this.app.api.answer(this.id, 'applicant-phone')
    this.said = []
    this.events = []
    this.join()
  }
  async close() {
    await call(this.agent, 'POST', `/sessions/${this.id}/complete`, { outcome: 'advice', note: '' })
    await call(this.agent, 'POST', '/console/wrap-up/done')
    this.phone.kill()
  }
  join() {
    const { session } = this.app.joinSession(this.id, (state) => (this.state = state))
    this.session = session
  }
  /** One step; not awaited by whoever breaks something in its middle. */
  step(kind, n) {
    const desk = (method, path, body) => call(this.agent, method, path, body)
    if (kind === 'say') {
      const text = `申请人 ${n}`
      this.said.push(text)
      return this.session.say(text).catch(() => {})
    }
    if (kind === 'agent-say') return desk('POST', `/sessions/${this.id}/messages`, { client_id: crypto.randomUUID(), text: `客服 ${n}` })
    if (kind === 'commitment') return desk('POST', `/sessions/${this.id}/commitments`).catch(only(409))
    if (kind === 'material') return desk('POST', `/sessions/${this.id}/materials`, { requirement_ids: [], items: [{ name: `材料 ${n}`, note: '', original_required: false }] })
    if (kind === 'pickup') return desk('POST', `/sessions/${this.id}/pickup`).catch(only(409))
    return this.session.refresh().catch(() => {})
  }
  async suffer(fault, server_) {
    if (fault === 'socket') this.phone.cut()
    if (fault === 'background') (this.phone.cut(), await pause(20), this.app.cameBack())
    if (fault === 'network') {
      this.phone.network(false)
      await pause(60)
      this.phone.network(true)
      this.app.cameBack()
    }
    if (fault === 'app') {
      this.phone.kill()
      this.app = this.phone.start()
      this.join()
    }
    if (fault === 'server') await server_()
  }
  /** What the phone shows against what the server holds; '' when they agree. */
  async differs() {
    const mine = this.session.state
    if (!mine.view) return 'no view yet'
    if (mine.connection !== 'live') return `connection ${mine.connection}`
    if (mine.chat.outgoing.length) return `${mine.chat.outgoing.length} still on their way`
    const token = this.app.heldToken()
    const view = await call(token, 'GET', `/sessions/${this.id}`)
    const { events } = this // stored ones never change: only what is new is asked for
    for (let more = true; more; ) {
      const page = await call(token, 'GET', `/sessions/${this.id}/events?after=${events.length}`)
      events.push(...page.events)
      more = page.events.length > 0 && events.length < page.seq
    }
    const shape = ({ state, actions, prompts }) => JSON.stringify([state, [...actions].sort(), prompts.map((one) => one.id).sort()])
    if (shape(mine.view) !== shape(view)) return `view ${shape(mine.view)} is not ${shape(view)}`
    if (mine.chat.seq !== events.length) return `seq ${mine.chat.seq} of ${events.length}`
    const texts = (list) => JSON.stringify(list)
    const shown = mine.chat.cards.filter((card) => card.type === 'text').map((card) => card.payload.text)
    const stored = events.filter((event) => event.kind === 'chat.text').map((event) => event.payload.text)
    if (texts(shown) !== texts(stored)) return `texts differ: ${shown.length} shown, ${stored.length} stored`
    const own = stored.filter((text) => text.startsWith('申请人'))
    if (own.length !== new Set(own).size) return 'a message is there twice'
    const lost = this.said.filter((text) => !own.includes(text))
    return lost.length ? `lost: ${lost}` : ''
  }
}
const only = (status) => (error) => {
  if (!String(error.message).includes(`: ${status} `)) throw error
}

const STEPS = ['say', 'agent-say', 'say', 'material', 'agent-say', 'commitment', 'say', 'pickup', 'look']
let [passed, failed] = [0, 0]
/** fault → [runs, milliseconds] */
const counts = {}

async function run(lane, number, server_) {
  const began = Date.now()
  const random = randomly(seed * 1000 + number)
  const fault = server_ ? 'server' : FAULTS[random(FAULTS.length)]
  const length = 2 + random(3)
  const at = random(length)
  const steps = Array.from({ length }, () => STEPS[random(STEPS.length)])
  for (const [n, kind] of steps.entries()) {
    const doing = lane.step(kind, `${number}.${n}`)
    if (n === at) {
      await pause(random(12)) // before, while or after the server has it
      await lane.suffer(fault, server_)
    }
    if (fault !== 'app' || n !== at) await doing
  }
  let why = 'not looked yet'
  for (const end = Date.now() + PATIENCE_MS; why && Date.now() < end; ) {
    why = await lane.differs()
    if (why) await pause(60)
  }
  counts[fault] = [(counts[fault]?.[0] ?? 0) + 1, (counts[fault]?.[1] ?? 0) + Date.now() - began]
  if (!why) return (passed += 1)
  failed += 1
  console.log(`run ${number} failed: ${fault} at step ${at} of ${steps}: ${why}`)
}

const lanes = PEOPLE.map(() => new Lane())
await Promise.all(lanes.map((lane, n) => lane.open(PEOPLE[n])))
const rounds = Math.ceil(runs / lanes.length)
const deaths = new Set([1, 2].map((n) => Math.floor((n * rounds) / 3)))
for (let round = 0; round < rounds; round += 1) {
  let dying
  const server_ = deaths.has(round) ? () => (dying ??= killServer()) : null
  await Promise.all(lanes.map((lane, n) => (round * lanes.length + n < runs ? run(lane, round * lanes.length + n, server_) : null)))
}
await Promise.all(lanes.map((lane) => lane.close()))
console.log(Object.entries(counts).map(([fault, [n, ms]]) => `${fault}: ${n} runs, ${Math.round(ms / n)} ms each`).join('; '))
console.log(`random-steps: ${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
