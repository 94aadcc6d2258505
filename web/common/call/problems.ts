import type { MediaProblem } from './types'

/** The six getUserMedia errors (and two of the page's surroundings) in plain Chinese with a next step (P28, M23). */

const DEVICE: Record<MediaProblem['kind'], string> = {
  microphone: '麦克风',
  camera: '摄像头',
  screen: '屏幕',
  both: '摄像头和麦克风',
}

const CODES: Record<string, MediaProblem['code']> = {
  NotAllowedError: 'refused',
  PermissionDeniedError: 'refused',
  SecurityError: 'insecure',
  NotFoundError: 'missing',
  DevicesNotFoundError: 'missing',
  NotReadableError: 'busy',
  TrackStartError: 'busy',
  OverconstrainedError: 'unsuitable',
  ConstraintNotSatisfiedError: 'unsuitable',
  AbortError: 'aborted',
  TypeError: 'unsupported',
  NotSupportedError: 'unsupported',
}

const NEXT: Record<MediaProblem['code'], string> = {
  refused: '请点击地址栏左侧的图标，把{device}改为“允许”，然后点击重试',
  missing: '请插好{device}后点击重试，或点击“手机接入”用手机办理',
  busy: '请关闭正在使用{device}的其他程序（如会议软件）后重试，或点击“手机接入”',
  unsuitable: '请换一个{device}后重试，或点击“手机接入”用手机办理',
  aborted: '{device}中途断开，请重新插拔后点击重试',
  insecure: '系统禁止使用{device}，请用 https 网址打开本页，或在系统设置中允许浏览器使用{device}',
  unsupported: '请换用新版 Chrome、Edge 或 Safari 打开，或点击“手机接入”用手机办理',
  unknown: '请刷新页面后重试，仍不行请点击“手机接入”',
}

const TITLE: Record<MediaProblem['code'], string> = {
  refused: '未允许使用{device}',
  missing: '没有找到{device}',
  busy: '{device}被其他程序占用',
  unsuitable: '{device}不符合要求',
  aborted: '{device}启动中断',
  insecure: '当前环境不能使用{device}',
  unsupported: '浏览器不支持使用{device}',
  unknown: '{device}打不开',
}

export function mediaProblem(error: unknown, kind: MediaProblem['kind']): MediaProblem {
  const name =
    error instanceof Error || (error && typeof error === 'object' && 'name' in error)
      ? String((error as { name: unknown }).name)
      : ''
  const code = CODES[name] ?? 'unknown'
  const fill = (text: string) => text.replaceAll('{device}', DEVICE[kind])
  if (kind === 'screen' && code === 'refused') {
    return {
      kind,
      code,
      title: '未共享屏幕',
      next: '您取消了屏幕共享。需要时请再次点击“屏幕共享”，并选择“整个屏幕”',
      phoneHelps: false,
    }
  }
  return { kind, code, title: fill(TITLE[code]), next: fill(NEXT[code]), phoneHelps: kind !== 'screen' }
}
