/** Words of the console that the applicants' pages don't have. */

export const REAL_NAME_LEVELS = ['未实名', '手机号认证', '实名认证', '实人认证']

export const REVEAL_FIELDS = [
  { field: 'real_name', title: '姓名' },
  { field: 'phone', title: '手机' },
  { field: 'id_number', title: '证件号' },
] as const

export const ENDPOINT_WORDS: Record<string, string> = { 'applicant-pc': '电脑', 'applicant-phone': '手机' }

export const REJECT_REASONS = [
  '图片模糊，看不清文字',
  '有遮挡、缺角或反光',
  '缺页或不完整',
  '与要求的材料不符',
  '已过有效期',
  '与申请人信息不一致',
  '未加盖公章或签名',
]

export const SIGN_REJECT_REASONS = ['签名与姓名不符', '签名无法辨认', '非本人签名']

export const SUSPEND_REASONS = [
  { value: 'missing_materials', title: '材料准备不全' },
  { value: '需要线下核实', title: '需要线下核实' },
  { value: '网络或设备问题', title: '网络或设备问题' },
  { value: '申请人临时有事', title: '申请人临时有事' },
]

export const OUTCOMES = [
  { value: 'accepted', title: '审核通过', text: '材料齐全，已受理', tone: 'ok' },
  { value: 'needs_material', title: '需补充材料', text: '请申请人补齐后再来', tone: 'warn' },
  { value: 'rejected', title: '不予受理', text: '不符合办理条件', tone: 'bad' },
  { value: 'advice', title: '咨询解答', text: '只回答了问题', tone: 'plain' },
]

/** What a card in the chat means, seen from the agent's chair. */
export function promptLine(kind: string, payload: Record<string, any>): string {
  switch (kind) {
    case 'commitment':
      return '已推送承诺书'
    case 'materials':
      return `已请申请人上传：${(payload.names ?? []).join('、')}`
    case 'pickup':
      return '已推送预约取件信息表'
    case 'rating':
      return '已邀请申请人评价'
    case 'screen_request':
      return payload.automatic ? '已自动申请查看申请人屏幕' : '已申请查看申请人屏幕'
    case 'control_request':
      return '已申请远程协助'
    case 'call_invite':
      return '已邀请申请人开启音视频通话'
    default:
      return ''
  }
}

/** How a wait looks: the promise is five minutes. */
export function waitTone(seconds: number): 'fine' | 'soon' | 'late' {
  if (seconds >= 600) return 'late'
  return seconds >= 300 ? 'soon' : 'fine'
}

/** 0:42, 12:05, 1:02:03 */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  return (hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}` : `${Math.floor(whole / 60)}`) + `:${two(whole % 60)}`
}

const DEVICE_WORDS: Record<string, string> = {
  ok: '正常',
  missing: '没有',
  none: '没有',
  refused: '未允许',
  denied: '未允许',
  busy: '被占用',
  failed: '打不开',
  error: '打不开',
}

/** 摄像头正常，麦克风没有 */
export function deviceLine(payload: Record<string, any>): string {
  const parts = [
    ['camera', '摄像头'],
    ['microphone', '麦克风'],
  ]
    .filter(([key]) => payload[key!] && payload[key!] !== 'unknown')
    .map(([key, name]) => name + (DEVICE_WORDS[payload[key!]] ?? payload[key!]))
  return parts.join('，')
}

/** Fills {姓名} and the like of a quick reply (M31). */
export function fillReply(text: string, values: Record<string, string>): string {
  return text.replace(/\{(.+?)\}/g, (whole, name: string) => values[name] ?? whole)
}
