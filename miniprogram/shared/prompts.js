// What the server asks of the applicant, in words: the cards in the chat, and which prompt comes up by itself.

/** @typedef {import('./types.js').Prompt} Prompt */
/** @typedef {import('./types.js').View} View */

/** What a prompt's card in the chat says, and what its button does. @type {Record<string, {title: string, text: string, act: string}>} */
export const PROMPTS = {
  screen_request: { title: '屏幕共享申请', text: '客服申请查看您的屏幕，请选择共享整个屏幕。', act: '查看' },
  control_request: { title: '远程协助申请', text: '客服申请在您共享的屏幕上为您指引。', act: '查看' },
  commitment: { title: '“信用+视频办”承诺书', text: '请完整阅读，倒计时结束后签名。', act: '阅读并签名' },
  materials: { title: '请上传材料', text: '请按清单逐份上传，并准备好原件。', act: '上传材料' },
  pickup: { title: '填写预约取件信息', text: '填写地址和时间，快递员上门取件。', act: '去填写' },
  rating: { title: '诚邀您评价本次服务', text: '您的评价会帮助我们做得更好。', act: '去评价' },
  call_invite: { title: '邀请您开启音视频通话', text: '客服邀请您打开摄像头和麦克风。', act: '开启' },
  ring: { title: '客服正在呼叫您', text: '', act: '接听' },
}

/** The open prompt that a card stands for, if it is still open. @param {View|null} view @param {string} kind @param {number} seq */
export function openPrompt(view, kind, seq) {
  const open = view?.prompts.filter((prompt) => prompt.kind === kind) ?? []
  return open.find((prompt) => prompt.seq === seq) ?? open[0]
}

/** Whether a card's button still leads somewhere; the materials' list can always be looked at. @param {View|null} view @param {string} kind @param {number} seq */
export function promptLeads(view, kind, seq) {
  return openPrompt(view, kind, seq) !== undefined || (kind === 'materials' && (view?.materials?.length ?? 0) > 0)
}

/** What became of a prompt that is no longer open. @param {View|null} view @param {string} kind */
export function settledWord(view, kind) {
  if (kind === 'commitment') return view?.commitment?.state === 'signed' ? '已签名' : view?.commitment?.state === 'withdrawn' ? '已撤回' : '已处理'
  if (kind === 'pickup') return view?.pickup && view.pickup.state !== 'requested' ? '已提交' : '已处理'
  if (kind === 'rating') return view?.rating ? '已评价' : '已结束'
  return '已处理'
}

/**
 * The prompt that comes up by itself now. Each does so once, then waits as a card; none pushes away what is being
 * filled in, but the rating takes over from all others.
 * @param {View} view
 * @param {Set<string>} shown ids that came up before; the fresh ones are added
 * @param {string|null} openKind what is on the screen now
 * @param {(kind: string) => boolean} [skip] kinds that this device leaves to another one
 * @returns {Prompt|undefined}
 */
export function nextPrompt(view, shown, openKind, skip = () => false) {
  if (view.state !== 'active' && view.state !== 'completed') return undefined
  const fresh = view.prompts.filter((prompt) => prompt.kind !== 'ring' && !shown.has(prompt.id))
  fresh.forEach((prompt) => shown.add(prompt.id))
  const rating = fresh.find((prompt) => prompt.kind === 'rating')
  if (rating) return rating
  if (openKind && view.prompts.some((prompt) => prompt.kind === openKind)) return undefined
  return fresh.filter((prompt) => !skip(prompt.kind)).pop()
}

/** The materials that are still to be uploaded. @param {View|null} view */
export const wantedMaterials = (view) => (view?.materials ?? []).filter(({ state }) => state === 'requested' || state === 'rejected')
