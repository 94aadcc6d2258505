// The built-in components as custom elements wx-*. They read their properties raw from the glass-easel node and fire WeChat's events.

import { agree, permitted } from './consent.js'
import { fire } from './events.js'
import { ask, fault, shown } from './world.js'
import { fields } from './fields.js'
import { picker } from './pickers.js'

const px = (text) => String(text).replace(/(-?\d*\.?\d+)rpx/g, (_, n) => `${(n * document.documentElement.clientWidth) / 750}px`)

/** The base: an attribute's raw value through `prop`, `changed` after each, `built` once when it enters the page. */
class Wx extends HTMLElement {
  prop(name, otherwise) {
    const value = /** @type {any} */ (this).__wxElement?.getAttribute(name)
    return value === null || value === undefined ? otherwise : value
  }
  /** `disabled`, `disabled="{{true}}"` and `disabled=""` are on, `"{{false}}"` is off. */
  flag(name) {
    const value = this.prop(name, false)
    return value === '' || Boolean(value)
  }
  setAttribute(name, value) {
    super.setAttribute(name, name === 'style' ? px(value) : name.startsWith('aria-') && value === '' ? 'true' : value)
    if (name !== 'style' && name !== 'class') this.changed(name)
  }
  /** The framework takes an attribute away that is false; to a screen reader `aria-checked="false"` is a word. */
  removeAttribute(name) {
    if (name.startsWith('aria-') && this.prop(name) === false) super.setAttribute(name, 'false')
    else super.removeAttribute(name)
    this.changed(name)
  }
  connectedCallback() {
    if (this.isBuilt) return
    this.isBuilt = true
    this.built()
  }
  built() {}
  changed(_name) {}
  model(name, value) {
    this.models?.[name]?.(value)
  }
}

class Image_ extends Wx {
  built() {
    this.img = document.createElement('img')
    this.img.alt = this.getAttribute('alt') ?? ''
    this.img.onload = () => {
      this.fit()
      fire(this, 'load', { width: this.img.naturalWidth, height: this.img.naturalHeight })
    }
    this.img.onerror = () => fire(this, 'error', { errMsg: `load image fail ${this.prop('src', '')}` })
    this.append(this.img)
    this.changed('src')
  }
  changed(name) {
    if (!this.img) return
    const src = this.prop('src', '')
    if (name === 'src' && src) this.img.src = shown(String(src))
    this.fit()
  }
  fit() {
    const mode = this.prop('mode', 'scaleToFill')
    this.img.style.objectFit = { aspectFit: 'contain', aspectFill: 'cover', center: 'none', top: 'none' }[mode] ?? 'fill'
    if (mode === 'widthFix' && this.img.naturalWidth) {
      this.style.height = `${(this.offsetWidth * this.img.naturalHeight) / this.img.naturalWidth}px`
    }
  }
}

/** input and textarea: what both have. */
class Field extends Wx {
  built() {
    this.field = document.createElement(this.tag)
    if (this.tag === 'textarea') this.field.rows = 1
    this.field.value = String(this.prop('value', ''))
    this.append(this.field)
    this.field.addEventListener('input', () => {
      this.model('value', this.field.value)
      fire(this, 'input', { value: this.field.value, cursor: this.field.selectionStart, keyCode: 0 })
      if (this.flag('auto-height')) this.grow()
    })
    this.field.addEventListener('focus', () => fire(this, 'focus', { value: this.field.value, height: 0 }))
    this.field.addEventListener('blur', () => fire(this, 'blur', { value: this.field.value, cursor: this.field.value.length }))
    this.field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (this.tag === 'input' || this.prop('confirm-type'))) {
        if (this.tag === 'textarea') event.preventDefault()
        fire(this, 'confirm', { value: this.field.value })
      }
    })
    for (const name of this.getAttributeNames()) this.changed(name)
  }
  changed(name) {
    const field = this.field
    if (!field) return
    if (name === 'value') {
      const value = String(this.prop('value', ''))
      if (field.value !== value) field.value = value
      if (this.flag('auto-height')) this.grow()
    }
    if (name === 'placeholder') field.placeholder = this.prop('placeholder', '')
    if (name === 'disabled') field.disabled = this.flag('disabled')
    const maximum = Number(this.prop('maxlength', 140))
    if (maximum >= 0) field.maxLength = maximum
    else field.removeAttribute('maxlength')
    if (name === 'focus' && this.flag('focus')) setTimeout(() => field.focus())
    if (name === 'aria-label') field.setAttribute('aria-label', this.prop('aria-label', ''))
    if (this.tag === 'input') {
      const kinds = { number: 'numeric', digit: 'decimal', idcard: 'text', tel: 'tel' }
      field.type = this.flag('password') ? 'password' : 'text'
      field.inputMode = kinds[this.prop('type', 'text')] ?? 'text'
    }
  }
  grow() {
    this.field.style.height = 'auto'
    this.field.style.height = `${this.field.scrollHeight}px`
  }
  get formValue() {
    return this.field.value
  }
}
class Input extends Field {
  tag = 'input'
}
class Textarea extends Field {
  tag = 'textarea'
}

class Button extends Wx {
  built() {
    super.setAttribute('role', this.getAttribute('role') ?? 'button')
  }
  changed(name) {
    if (name === 'disabled') super.setAttribute('aria-disabled', String(this.flag('disabled')))
  }
  async tapped() {
    const form = this.closest('wx-form')
    if (this.prop('form-type') === 'submit') form?.submit()
    if (this.prop('form-type') === 'reset') fire(form, 'reset', {})
    const kind = this.prop('open-type')
    if (!kind) return
    const event = OPEN_TYPES[kind]
    if (event === undefined) return fault(`<button open-type="${kind}"> is not known to the test renderer`)
    if (event === null) return
    if (kind === 'agreePrivacyAuthorization') return agree(), fire(this, event, { errMsg: `${kind}:ok` })
    try {
      fire(this, event, { errMsg: `${kind}:ok`, ...(await ask('button', { kind })) })
    } catch (error) {
      fire(this, event, { errMsg: `${kind}:fail ${error.message}` })
    }
  }
}
/** @type {Record<string, string|null>} open-type → the event that brings its result */
const OPEN_TYPES = {
  getPhoneNumber: 'getphonenumber', agreePrivacyAuthorization: 'agreeprivacyauthorization', openSetting: 'opensetting',
  chooseAvatar: 'chooseavatar', contact: 'contact', share: null, feedback: null,
}

class ScrollView extends Wx {
  built() {
    let [before, wasTop, reached] = [0, true, 0]
    this.addEventListener('scroll', () => {
      const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight } = this
      fire(this, 'scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth, deltaY: before - scrollTop, deltaX: 0 })
      const top = scrollTop <= Number(this.prop('upper-threshold', 50))
      const bottom = scrollTop + clientHeight >= scrollHeight - Number(this.prop('lower-threshold', 50))
      if (top && !wasTop) fire(this, 'scrolltoupper', { direction: 'top' })
      if (bottom && reached !== scrollHeight) fire(this, 'scrolltolower', { direction: 'bottom' })
      ;[before, wasTop, reached] = [scrollTop, top, bottom ? scrollHeight : 0]
    })
    for (const name of ['scroll-top', 'scroll-left', 'scroll-into-view']) this.changed(name)
  }
  changed(name) {
    const value = this.prop(name)
    if (value === undefined || value === '') return
    requestAnimationFrame(() => {
      if (name === 'scroll-top') this.scrollTop = Number(value)
      if (name === 'scroll-left') this.scrollLeft = Number(value)
      if (name === 'scroll-into-view') this.bring(value)
    })
  }
  bring(id) {
    const target = [...this.querySelectorAll('*')].find((one) => /** @type {any} */ (one).__wxElement?.id === id)
    if (!target) return
    if (this.flag('scroll-x') && !this.flag('scroll-y')) this.scrollLeft += target.getBoundingClientRect().left - this.getBoundingClientRect().left
    else this.scrollTop += target.getBoundingClientRect().top - this.getBoundingClientRect().top
  }
}

class Canvas extends Wx {
  built() {
    if (this.prop('type') !== '2d') fault('<canvas> without type="2d"')
    this.canvas = document.createElement('canvas')
    this.append(this.canvas)
  }
  /** What a selector query hands over as `node`. */
  get node() {
    return Object.assign(this.canvas, {
      requestAnimationFrame: (run) => window.requestAnimationFrame(run),
      cancelAnimationFrame: (id) => window.cancelAnimationFrame(id),
      createImage: () => new Proxy(new Image(), { set: (image, name, value) => ((image[name] = name === 'src' ? shown(value) : value), true), get: (image, name) => image[name] }),
      createPath2D: (path) => new Path2D(path),
    })
  }
}

class Navigator extends Wx {
  tapped() {
    const kinds = { navigate: 'navigateTo', redirect: 'redirectTo', switchTab: 'switchTab', reLaunch: 'reLaunch', navigateBack: 'navigateBack' }
    const verb = kinds[this.prop('open-type', 'navigate')]
    if (!verb) return fault(`<navigator open-type="${this.prop('open-type')}"> is not known to the test renderer`)
    window['wx'][verb]({ url: this.prop('url'), delta: Number(this.prop('delta', 1)), fail: (e) => fault(e.errMsg) })
  }
}

class RichText extends Wx {
  changed(name) {
    if (name !== 'nodes') return
    const nodes = this.prop('nodes', '')
    if (typeof nodes === 'string') this.innerHTML = nodes.replace(/<\/?(script|iframe|object|style)[^>]*>/gi, '')
    else fault('<rich-text> with a list of nodes is not known to the test renderer')
  }
}

class Progress extends Wx {
  built() {
    this.bar = document.createElement('i')
    this.append(this.bar)
    this.changed('percent')
  }
  changed() {
    if (!this.bar) return
    this.bar.style.width = `${this.prop('percent', 0)}%`
    this.bar.style.height = `${this.prop('stroke-width', 6)}px`
    this.bar.style.background = this.prop('activeColor', '')
  }
}

class Swiper extends Wx {
  built() {
    let now = Number(this.prop('current', 0))
    this.addEventListener('scrollend', () => {
      const current = Math.round(this.scrollLeft / Math.max(1, this.clientWidth))
      if (current !== now) fire(this, 'change', { current: (now = current), source: 'touch' })
    })
    this.changed('current')
  }
  changed(name) {
    if (name === 'current') requestAnimationFrame(() => (this.scrollLeft = Number(this.prop('current', 0)) * this.clientWidth))
  }
}

class MovableView extends Wx {
  built() {
    let from = null
    let at = { x: Number(this.prop('x', 0)), y: Number(this.prop('y', 0)) }
    const place = () => (this.style.transform = `translate(${at.x}px, ${at.y}px)`)
    this.addEventListener('pointerdown', (e) => (from = { x: e.clientX - at.x, y: e.clientY - at.y }))
    document.addEventListener('pointermove', (e) => {
      if (!from || !this.isConnected) return
      const area = this.closest('wx-movable-area')
      const [wide, high] = [area.clientWidth - this.offsetWidth, area.clientHeight - this.offsetHeight]
      at = { x: Math.min(Math.max(0, e.clientX - from.x), wide), y: Math.min(Math.max(0, e.clientY - from.y), high) }
      place()
      fire(this, 'change', { ...at, source: 'touch' })
    })
    document.addEventListener('pointerup', () => (from = null))
    place()
  }
}

/** The camera's own picture is not shown; whether it may be used is asked as on a phone. */
class Camera extends Wx {
  async built() {
    Object.assign(this.style, { background: 'linear-gradient(#345, #123)' })
    try {
      await permitted('scope.camera')
      fire(this, 'initdone', { maxZoom: 1 })
    } catch (error) {
      fire(this, 'error', { errMsg: `insertCamera:fail ${error.message}` })
    }
  }
}

/** A page of the web: a window of its own beside the mini-program, as WeChat shows it over the whole page. */
class WebView extends Wx {
  built() {
    this.textContent = '网页'
    this.changed('src')
  }
  changed(name) {
    const src = this.prop('src', '')
    if (name !== 'src' || !src || !this.isBuilt || this.opened === src) return
    this.opened = src
    const child = window.open(src, '_blank')
    if (!child) return fault(`<web-view> could not open ${src}`)
    this.child = child
    fire(this, 'load', { src })
  }
  disconnectedCallback() {
    this.child?.close()
  }
}

const plain = 'view text cover-view cover-image swiper-item movable-area page-container root-portal page icon page-meta navigation-bar match-media'.split(' ')
const kinds = {
  ...Object.fromEntries(plain.map((tag) => [tag, class extends Wx {}])),
  'scroll-view': ScrollView, image: Image_, input: Input, textarea: Textarea, button: Button, canvas: Canvas, picker: picker(Wx),
  navigator: Navigator, 'rich-text': RichText, progress: Progress, swiper: Swiper, 'movable-view': MovableView, 'web-view': WebView, camera: Camera,
  ...fields(Wx),
}

/** @param {string} tag */
export const isBuiltIn = (tag) => tag in kinds

export function defineElements() {
  for (const [tag, kind] of Object.entries(kinds)) customElements.define('wx-' + tag, kind)
}
