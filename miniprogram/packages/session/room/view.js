// What the chat page draws around its messages, told by the session's state alone. Guide rows S41–S46.

import { PROMPTS, settledWord, wantedMaterials } from '../../../shared/prompts.js'
import { momentText, outcomeWords, ratingText, suspendReason } from '../../../shared/words.js'

/** @typedef {import('../../../shared/session.js').SessionState} SessionState */
/** @typedef {import('../../../shared/types.js').View} View */

/** @param {View} view @param {string} action */
const may = (view, action) => view.actions.includes(action)

/** What the bar under the title says about the call. @param {View} view */
function callBar(view) {
  if (view.state !== 'active') return null
  if (view.call?.state === 'on' && view.call.media_endpoint === 'applicant-pc') return { kind: 'elsewhere', text: '音视频正在电脑上进行', act: '切换到手机', test: 'call-here' }
  if (view.call?.state === 'on') return { kind: 'here', text: '音视频通话进行中', act: '回到画面', test: 'small-video' }
  if (view.call?.state === 'calling') return { kind: 'invited', text: '客服邀请您开启音视频', act: '开启音视频', test: 'start-call' }
  return null
}

/** Who calls until when, while the agent rings. @param {View} view */
export function ringOf(view) {
  const prompt = view.state === 'ringing' ? view.prompts.find((one) => one.kind === 'ring') : undefined
  return prompt ? { name: prompt.data.agent ?? '客服', number: prompt.data.number ?? '', until: prompt.data.until ?? '' } : null
}

/** @param {View} view @param {number} now */
function suspendedOf(view, now) {
  if (view.state !== 'suspended') return null
  const { reason, missing = [], expires_at } = view.suspended ?? {}
  return {
    reason: suspendReason(reason) || '稍后继续办理',
    missing: missing.join('、'),
    until: expires_at ? momentText(expires_at, now) : '',
    may: may(view, 'reconnect'),
  }
}

/** @param {View} view */
function endOf(view) {
  if (view.state !== 'completed' && view.state !== 'abandoned') return null
  const done = view.state === 'completed'
  return {
    done,
    title: done ? (outcomeWords[view.outcome ?? ''] ?? '本次办理已结束') : '会话已结束',
    waybill: view.pickup?.waybill ?? '',
    rated: view.rating?.level ? `您的评价：${ratingText(view.rating.level)}` : view.rating ? settledWord(view, 'rating') : '',
    rate: view.prompts.some((one) => one.kind === 'rating'),
  }
}

/** @param {SessionState} state */
function connectionBar({ connection, view }) {
  if (view?.state === 'completed' || view?.state === 'abandoned') return ''
  return connection === 'replaced' ? 'replaced' : connection === 'waiting' ? 'waiting' : ''
}

/** @type {Record<string, string>} */
const ON_A_PHONE = {
  screen_request: '手机上不能共享屏幕，不影响继续办理；需要时可在电脑上登录后共享。',
  control_request: '客服申请在您共享的屏幕上用光标为您指引，不会替您点击或输入。',
}

/** The half-screen sheet of what is asked. @param {string} kind @param {number} seq @param {View} view */
export function sheetOf(kind, seq, view) {
  const { title, text, act } = PROMPTS[kind]
  const names = kind === 'materials' ? wantedMaterials(view).map(({ name }) => name) : []
  return { kind, seq, names, title: kind === 'materials' ? '客服请您上传材料' : title, text: ON_A_PHONE[kind] ?? text, act }
}

/** Everything but the messages. @param {SessionState} state @param {number} now */
export function roomView(state, now) {
  const { view, error } = state
  if (!view) {
    const missing = error?.status === 404
    const problem = error && { title: missing ? '没有找到这次会话' : '会话暂时打不开', text: error.message, again: !missing }
    return { load: error ? 'failed' : 'loading', problem: problem || null }
  }
  const wanted = wantedMaterials(view).length
  return {
    load: 'ready',
    problem: null,
    state: view.state,
    item: view.item.name,
    number: view.number,
    peer: { name: view.peer?.name ?? '客服', online: view.peer?.online ?? false },
    progress: view.progress ?? [],
    materials: (view.materials?.length ?? 0) > 0,
    wanted,
    typing: state.peerTyping,
    maySend: may(view, 'send'),
    maySuspend: may(view, 'suspend'),
    mayInvite: may(view, 'handover'),
    mayCall: may(view, 'call.start') || view.call?.state === 'on',
    call: callBar(view),
    bar: connectionBar(state),
    ring: ringOf(view),
    suspended: suspendedOf(view, now),
    end: endOf(view),
  }
}
