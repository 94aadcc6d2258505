// The chat's rows and what stands around them, told by the state alone. Guide rows S19, S41–S46.

const { CHUNK, batches, createWindow, rowsOf } = require('../../packages/session/room/rows.js')
const { roomView } = require('../../packages/session/room/view.js')

const NOW = Date.parse('2026-11-25T07:00:00Z')
const card = (seq, change = {}) => ({
  key: `s:${seq}`, type: 'text', seq, at: new Date(NOW - 3_600_000 + seq * 1000).toISOString(),
  from: { kind: 'agent', id: 'a', name: '王老师' }, payload: { text: `第 ${seq} 句` }, ...change,
})
const mine = (seq, change = {}) => card(seq, { from: { kind: 'applicant' }, ...change })
const view = (change = {}) => ({ id: 'x', number: '1', state: 'active', seq: 9, item: { id: 'i', name: '教师资格认定' }, actions: ['send'], prompts: [], ...change })
/** What the page holds after these parts, as setData does it. */
function applied(page, parts) {
  for (const part of parts) {
    for (const [path, value] of Object.entries(part)) {
      const [, chunk, row] = /^chunks\[(\d+)\](?:\.rows\[(\d+)\])?$/.exec(path)
      if (row === undefined) page[chunk] = [...value.rows]
      else page[chunk][row] = value
    }
  }
  return page
}

describe('rows', () => {
  test('only the last of my messages says how far it got', () => {
    const cards = [mine(1), card(2), mine(3)]
    const word = (receipts) => rowsOf(cards, view({ receipts }), NOW).map((row) => row.word)
    expect(word({ agent: { delivered: 0, read: 0 } })).toEqual(['', '', '已发送'])
    expect(word({ agent: { delivered: 3, read: 2 } })).toEqual(['', '', '已送达'])
    expect(word({ agent: { delivered: 3, read: 3 } })).toEqual(['', '', '已读'])
  })
  test('the time is told at the start and after a pause', () => {
    const late = card(3, { at: new Date(NOW).toISOString() })
    expect(rowsOf([card(1), card(2), late], view(), NOW).map((row) => row.time)).toEqual(['今天 14:00', '', '今天 15:00'])
  })
  test('a file on its way tells its progress, a failed one can be sent again', () => {
    const file = (change) => mine(0, { key: 'c:k', type: 'file', payload: { name: '毕业证.pdf', size: 2048 }, ...change })
    expect(rowsOf([file({ status: 'sending', progress: 0.42 })], view(), NOW)[0]).toMatchObject({ state: 'sending', word: '上传 42%', extension: 'PDF', size: '2 KB' })
    expect(rowsOf([file({ status: 'failed' })], view(), NOW)[0]).toMatchObject({ state: 'failed', word: '' })
  })
  test('a prompt leads on while it is open, then says what became of it', () => {
    const asked = card(5, { type: 'prompt', prompt: 'commitment' })
    const open = view({ prompts: [{ id: 'commitment:1', kind: 'commitment', title: '', seq: 5, data: {} }] })
    expect(rowsOf([asked], open, NOW)[0]).toMatchObject({ act: '阅读并签名', settled: '' })
    expect(rowsOf([asked], view({ commitment: { state: 'signed' } }), NOW)[0]).toMatchObject({ act: '', settled: '已签名' })
  })
  test('a recalled message is a quiet line', () => {
    expect(rowsOf([mine(1, { recalled: true })], view(), NOW)[0]).toMatchObject({ type: 'line', text: '您撤回了一条消息' })
  })
})

describe('the window of the chat', () => {
  const many = (n) => rowsOf(Array.from({ length: n }, (_, i) => card(i + 1)), view(), NOW)

  test('a long history shows its end; older parts come when asked for', () => {
    const shown = createWindow()
    const page = applied([], shown.update(many(4 * CHUNK + 5)))
    expect(page.map((chunk) => chunk.length)).toEqual([0, 0, 0, CHUNK, 5])
    expect(shown.earlier).toBe(true)
    expect(shown.more()).toBe(`r${3 * CHUNK + 1}`)
    applied(page, shown.update(many(4 * CHUNK + 5)))
    expect(page.map((chunk) => chunk.length)).toEqual([0, 0, CHUNK, CHUNK, 5])
  })
  test('a new message and a changed one are sent by their paths alone', () => {
    const shown = createWindow()
    const rows = many(3)
    const page = applied([], shown.update(rows))
    const next = [...rows.slice(0, 2), { ...rows[2], word: '已读' }, many(4)[3]]
    const parts = shown.update(next)
    expect(parts.flatMap(Object.keys)).toEqual(['chunks[0].rows[2]', 'chunks[0].rows[3]'])
    expect(applied(page, parts)).toEqual([next])
    expect(shown.update(next)).toEqual([])
  })
  test('a message that was given up leaves no hole', () => {
    const shown = createWindow()
    const page = applied([], shown.update(many(CHUNK + 1)))
    expect(applied(page, shown.update(many(CHUNK)))).toEqual([many(CHUNK), []])
  })
  test('no part is more than WeChat takes at once, whatever the length', () => {
    const long = Array.from({ length: CHUNK }, (_, i) => card(i + 1, { payload: { text: '材料'.repeat(2000) } }))
    const parts = createWindow().update(rowsOf(long, view(), NOW))
    expect(parts.length).toBeGreaterThan(1)
    for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(64 * 1024)
    expect(batches({})).toEqual([])
  })
})

describe('what stands around the messages', () => {
  const around = (change, state = {}) => roomView({ view: view(change), chat: { seq: 0 }, connection: 'live', peerTyping: false, error: null, ...state }, NOW)

  test('why there is nothing to show, and whether trying again helps', () => {
    expect(roomView({ view: null, error: null }, NOW)).toMatchObject({ load: 'loading', problem: null })
    expect(roomView({ view: null, error: { status: 404, message: '未找到' } }, NOW)).toMatchObject({ load: 'failed', problem: { title: '没有找到这次会话', again: false } })
    expect(roomView({ view: null, error: { status: 0, message: '网络不太顺畅' } }, NOW).problem).toMatchObject({ again: true })
  })
  test('the ring tells who calls until when', () => {
    const ring = { id: 'ring:3', kind: 'ring', title: '', seq: 3, data: { agent: '王老师', number: '1001', until: '2026-11-25T07:00:30Z' } }
    expect(around({ state: 'ringing', prompts: [ring] }).ring).toEqual({ name: '王老师', number: '1001', until: '2026-11-25T07:00:30Z' })
    expect(around({ prompts: [ring] }).ring).toBeNull()
  })
  test('the call: here, on the PC, or only asked for', () => {
    expect(around({ call: { state: 'on', media_endpoint: 'applicant-phone' } }).call.act).toBe('回到画面')
    expect(around({ call: { state: 'on', media_endpoint: 'applicant-pc' } }).call.act).toBe('切换到手机')
    expect(around({ call: { state: 'calling' } }).call.act).toBe('开启音视频')
    expect(around({ call: { state: 'idle' } }).call).toBeNull()
    expect(around({ state: 'suspended', call: { state: 'on' } }).call).toBeNull()
  })
  test('a pause names what is missing and until when it is kept', () => {
    const suspended = { reason: 'missing_material', missing: ['身份证', '照片'], expires_at: '2026-12-02T09:00:00Z' }
    expect(around({ state: 'suspended', actions: ['reconnect'], suspended }).suspended).toEqual({ reason: '材料准备不全', missing: '身份证、照片', until: '12月2日 周三 17:00', may: true })
  })
  test('the end: outcome, waybill, and the rating while it may be given', () => {
    const rating = { id: 'rating:x', kind: 'rating', title: '', seq: 9, data: {} }
    const end = around({ state: 'completed', outcome: 'accepted', pickup: { waybill: 'SF1' }, prompts: [rating] }).end
    expect(end).toMatchObject({ done: true, title: '审核通过', waybill: 'SF1', rate: true })
    expect(around({ state: 'completed', outcome: 'advice', rating: { level: 5 } }).end).toMatchObject({ rated: '您的评价：非常满意', rate: false })
    expect(around({ state: 'completed' }, { connection: 'waiting' }).bar).toBe('')
  })
})
