// From the browser's pointer to WeChat's events: touches, tap, long press; and events of the built-in components.

import * as glassEasel from 'glass-easel'

/** When the person last tapped: some APIs want a tap just before. */
export const lastTap = { at: 0 }

/** The glass-easel node of a DOM element, or of the nearest one around it. @param {any} element */
export function nodeOf(element) {
  while (element && !element.__wxElement) element = element.parentNode
  return element?.__wxElement ?? null
}

/** @param {any} element @param {string} type @param {any} detail @param {{bubbles?: boolean, fields?: any}} [how] */
export function fire(element, type, detail, { bubbles = false, fields } = {}) {
  const node = nodeOf(element)
  if (!node) return
  const event = new glassEasel.Event(type, detail, { bubbles, composed: bubbles, capturePhase: bubbles, extraFields: fields })
  glassEasel.Event.dispatchEvent(node, event)
}

const view = (element) => element.closest?.('.webview')?.getBoundingClientRect() ?? { left: 0, top: 0 }

function point(event) {
  const { left, top } = view(event.target)
  const [clientX, clientY] = [event.clientX - left, event.clientY - top]
  const scrolled = event.target.closest?.('.scroller')?.scrollTop ?? 0
  const touch = { identifier: event.pointerId ?? 0, clientX, clientY, pageX: clientX, pageY: clientY + scrolled, force: event.pressure ?? 1 }
  const canvas = event.target.closest?.('wx-canvas')
  if (!canvas) return touch
  const box = canvas.getBoundingClientRect()
  return { ...touch, x: event.clientX - box.left, y: event.clientY - box.top }
}

const down = new Map()
const LONG_PRESS_MS = 350

function touch(event, type, still) {
  const mine = point(event)
  if (still) down.set(event.pointerId, mine)
  else down.delete(event.pointerId)
  fire(event.target, type, {}, { bubbles: true, fields: { touches: [...down.values()], changedTouches: [mine] } })
}

/** Is the control under `element` switched off? @param {any} element */
const isOff = (element) => element.closest?.('wx-button[disabled], wx-input[disabled]')

/** Starts listening on the whole page. */
export function listen() {
  let target = null
  let pressed = 0
  let long = false
  let start = { x: 0, y: 0 }
  document.addEventListener('pointerdown', (event) => {
    target = event.target
    long = false
    start = { x: event.clientX, y: event.clientY }
    touch(event, 'touchstart', true)
    pressed = setTimeout(() => {
      long = true
      fire(event.target, 'longpress', { ...start }, { bubbles: true, fields: { touches: [point(event)], changedTouches: [point(event)] } })
    }, LONG_PRESS_MS)
  })
  document.addEventListener('pointermove', (event) => {
    if (!down.has(event.pointerId)) return
    if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > 10) clearTimeout(pressed)
    touch({ ...pick(event), target }, 'touchmove', true)
  })
  for (const [from, to] of [['pointerup', 'touchend'], ['pointercancel', 'touchcancel']]) {
    document.addEventListener(from, (event) => {
      clearTimeout(pressed)
      if (down.has(event.pointerId)) touch({ ...pick(event), target }, to, false)
    })
  }
  document.addEventListener('click', (event) => {
    lastTap.at = Date.now()
    const element = /** @type {any} */ (event.target)
    if (isOff(element) || !element.closest('#pages')) return
    const at = point(event)
    fire(element, 'tap', { x: at.pageX, y: at.pageY }, { bubbles: true, fields: { touches: [at], changedTouches: [at] } })
    if (long) return
    element.closest('wx-button, wx-checkbox, wx-radio, wx-switch, wx-picker, wx-navigator, wx-label')?.tapped?.(event)
  })
}

const pick = ({ clientX, clientY, pointerId, pressure }) => ({ clientX, clientY, pointerId, pressure })
