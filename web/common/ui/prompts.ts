import type { Prompt, View } from '@shared/types.js'

/** What a prompt's card in the chat says, and what its button does. */
export const PROMPTS: Record<string, { title: string; text: string; act: string }> = {
  screen_request: { title: '屏幕共享申请', text: '客服申请查看您的屏幕，请选择共享整个屏幕。', act: '查看' },
  control_request: { title: '远程协助申请', text: '客服申请在您共享的屏幕上为您指引。', act: '查看' },
  commitment: { title: '“信用+视频办”承诺书', text: '请完整阅读，倒计时结束后签名。', act: '阅读并签名' },
  materials: { title: '请上传材料', text: '请按清单逐份上传，并准备好原件。', act: '上传材料' },
  pickup: { title: '填写预约取件信息', text: '填写地址和时间，快递员上门取件。', act: '去填写' },
  rating: { title: '诚邀您评价本次服务', text: '您的评价会帮助我们做得更好。', act: '去评价' },
  call_invite: { title: '邀请您开启音视频通话', text: '客服邀请您打开摄像头和麦克风。', act: '开启' },
  ring: { title: '客服正在呼叫您', text: '', act: '接听' },
}

/** The open prompt that a card stands for, if it is still open. */
export function openPrompt(view: View | null, kind: string, seq: number): Prompt | undefined {
  return view?.prompts.find((prompt) => prompt.kind === kind && prompt.seq === seq) ?? view?.prompts.find((prompt) => prompt.kind === kind)
}

/** What became of a prompt that is no longer open; null when its panel may still be opened to look at. */
export function settledWord(view: View | null, kind: string): string | null {
  if (kind === 'commitment') return view?.commitment?.state === 'signed' ? '已签名' : view?.commitment?.state === 'withdrawn' ? '已撤回' : '已处理'
  if (kind === 'pickup') return view?.pickup && view.pickup.state !== 'requested' ? '已提交' : '已处理'
  if (kind === 'rating') return view?.rating ? '已评价' : '已结束'
  return '已处理'
}
