import './sign.css'
import { createPad, type Pad } from '../common/sign/pad'
import { element, icon } from './dom'
import { forget, keep, kept } from './keep'
import { clockOffset, openTask, Refusal, submit, tokenOf, type SignTask } from './server'
import { isFinal, noticeOf, SIGNED, timeLeft, type Notice } from './words'

/** The signature page /s/<token>: what is signed, a large canvas, 清除 and 确认签名 (S24). */

const root = document.querySelector<HTMLElement>('#app')!
const token = tokenOf(location.pathname)

function show(...children: Node[]): void {
  root.replaceChildren(...children)
}

function showLoading(): void {
  show(
    element('div', { class: 'page', 'aria-busy': 'true' }, [
      element('div', { class: 'bone bone--title' }),
      element('div', { class: 'bone bone--line' }),
      element('div', { class: 'bone bone--sheet' }),
      element('p', { class: 'hidden', role: 'status' }, ['正在打开签名页']),
    ]),
  )
}

function showNotice(notice: Notice, retry?: () => void): void {
  const actions: Node[] = []
  if (notice.retry && retry) {
    actions.push(element('button', { class: 'button button--main', 'data-test': 'retry', onclick: retry }, ['重试']))
  }
  if ('WeixinJSBridge' in window && !notice.retry) {
    actions.push(element('button', { class: 'button', 'data-test': 'close', onclick: closeWeb }, ['关闭本页']))
  }
  show(
    element('main', { class: `notice notice--${notice.tone}`, 'data-test': 'notice', role: 'status' }, [
      icon(notice.tone),
      element('h1', {}, [notice.title]),
      element('p', {}, [notice.text]),
      ...actions,
    ]),
  )
}

function closeWeb(): void {
  ;(window as unknown as { WeixinJSBridge?: { call(name: string): void } }).WeixinJSBridge?.call('closeWindow')
}

async function open(): Promise<void> {
  showLoading()
  try {
    const task = await openTask(token)
    if (task.state === 'signed') showNotice(noticeOf(409, 'already_signed', ''))
    else showSheet(task)
  } catch (error) {
    const { status, code, message } = error as Refusal
    showNotice(noticeOf(status, code, message), () => void open())
  }
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

function showSheet(task: SignTask): void {
  const canvas = element('canvas', { class: 'ink', 'data-test': 'sign-canvas', 'aria-label': '签名区，请用手指书写姓名' })
  const ghost = element('div', { class: 'ghost', 'aria-hidden': 'true' }, ['请在此处手写您的姓名'])
  const message = element('p', { class: 'message', role: 'alert', 'data-test': 'message' })
  const left = element('span', { class: 'left', 'data-test': 'time-left' })
  const clear = element('button', { class: 'button', 'data-test': 'clear' }, ['清除'])
  const confirm = element('button', { class: 'button button--main', 'data-test': 'sign-confirm' }, ['确认签名'])
  show(
    element('main', { class: 'page' }, [
      element('header', { class: 'head' }, [
        element('h1', { 'data-test': 'title' }, [task.title]),
        element('dl', { class: 'facts' }, [
          element('div', {}, [element('dt', {}, ['事项']), element('dd', { 'data-test': 'item' }, [task.item])]),
          element('div', {}, [element('dt', {}, ['签名人']), element('dd', { 'data-test': 'name' }, [task.masked_name])]),
        ]),
        textButton(task),
      ]),
      element('div', { class: 'sheet' }, [ghost, canvas, message]),
      element('footer', { class: 'foot' }, [left, clear, confirm]),
    ]),
  )

  // the canvas is in the page now and has its size
  let key = newKey()
  let sending = false
  const pad = createPad(canvas, () => changed())
  const changed = () => {
    key = newKey() // other strokes are another request
    keep(task, pad.memory())
    message.textContent = ''
    refresh()
  }
  const refresh = () => {
    const late = leftMs(task) <= 0
    ghost.hidden = !pad.empty
    clear.disabled = pad.empty || sending
    confirm.disabled = pad.empty || sending || late
    confirm.textContent = sending ? '正在提交…' : '确认签名'
    left.textContent = late ? '二维码已过期' : `剩余 ${timeLeft(leftMs(task))}`
    left.classList.toggle('left--soon', leftMs(task) < 60_000)
    if (late && !message.textContent) message.textContent = '二维码已过期，请在电脑上刷新后重新扫码，笔迹会保留。'
  }
  canvas.addEventListener('pointerdown', () => {
    ghost.hidden = true
    if (leftMs(task) > 0) message.textContent = ''
  })
  clear.onclick = () => pad.clear()
  confirm.onclick = async () => {
    if (!pad.enough) {
      message.textContent = '笔迹太少，请手写您的完整姓名。'
      return
    }
    sending = true
    pad.lock(true)
    refresh()
    const failure = await send(task, pad, key)
    sending = false
    pad.lock(false)
    if (!failure) {
      clearInterval(ticking)
      return
    }
    if (isFinal(failure.code) && failure.code !== 'sign_code_expired') {
      clearInterval(ticking)
      return showNotice(noticeOf(failure.status, failure.code, failure.message))
    }
    message.textContent =
      failure.status === 0 || failure.status >= 500
        ? '没有提交成功，笔迹已保留，请检查网络后再点“确认签名”。'
        : failure.message || '没有提交成功，请再试一次。'
    refresh()
  }
  const ticking = setInterval(refresh, 1000)
  const before = kept(task)
  if (before) {
    pad.restore(before)
    message.textContent = '已恢复您刚才的笔迹，可以直接确认，也可以清除重写。'
  }
  refresh()
}

async function send(task: SignTask, pad: Pad, key: string): Promise<Refusal | null> {
  try {
    await submit(token, key, { ...pad.handwriting(), body_hash: task.body_hash })
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(0, 'offline', '')
    if (refusal.code === 'already_signed') forget() // an earlier try of ours got through
    return refusal
  }
  forget()
  showNotice(SIGNED)
  return null
}

function leftMs(task: SignTask): number {
  return Date.parse(task.expires_at) - (Date.now() + clockOffset)
}

function textButton(task: SignTask): HTMLElement {
  const dialog = element('dialog', { class: 'paper', 'aria-label': task.title }, [
    element('h2', {}, [task.title]),
    element('div', { class: 'paper__body', tabindex: '0' }, [task.body]),
    element('button', { class: 'button button--main', 'data-test': 'close-text', onclick: () => dialog.close() }, ['返回签名']),
  ])
  const button = element('button', { class: 'link', 'data-test': 'open-text', onclick: () => dialog.showModal() }, [
    '查看承诺书全文',
  ])
  return element('div', {}, [button, dialog])
}

void open()
