// The stack of pages: opened, hidden, shown and closed as WeChat does, with its bars.

import { data, fault, shown } from './world.js'

const DEPTH = 10

const themed = (value) => {
  if (typeof value !== 'string' || value[0] !== '@') return value
  const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  return data.theme[theme]?.[value.slice(1)] ?? value
}

class Screen {
  constructor(pages, path, query) {
    this.pages = pages
    this.path = path
    this.query = query
    this.config = { ...pages.config.window, ...pages.configs[path] }
    this.element = document.createElement('section')
    this.element.className = 'screen' + (this.config.navigationStyle === 'custom' ? ' custom' : '')
    this.element.dataset.page = path
    this.element.innerHTML = '<header class="bar"><span></span><i class="capsule"></i></header><div class="webview"><div class="scroller"></div></div>'
    this.isShown = false
  }
  build() {
    const before = new Set(document.head.querySelectorAll('style'))
    document.getElementById('pages')?.append(this.element)
    const scroller = /** @type {HTMLElement} */ (this.element.querySelector('.scroller'))
    const place = document.createElement('div')
    scroller.append(place)
    this.root = this.pages.associated.createRoot('page', this.pages.space, this.path)
    this.caller = this.root.get()
    Object.assign(this.caller, { route: this.path, __route__: this.path, options: this.query })
    this.root.attach(scroller, place)
    this.styles = [...document.head.querySelectorAll('style')].filter((one) => !before.has(one))
    this.title(this.config.navigationBarTitleText ?? '')
    this.colours()
    scroller.addEventListener('scroll', () => this.scrolled(scroller))
    this.call('onLoad', this.query)
    this.show()
    this.call('onReady')
    this.root.getComponent().triggerLifetime('ready', [])
  }
  call(name, ...args) {
    return this.caller[name]?.(...args)
  }
  scrolled(scroller) {
    this.call('onPageScroll', { scrollTop: scroller.scrollTop })
    const height = scroller.scrollHeight
    const near = scroller.scrollTop + scroller.clientHeight >= height - (this.config.onReachBottomDistance ?? 50)
    if (near && this.reached !== height) this.call('onReachBottom') // once for each bottom: a list that grew has another
    this.reached = near ? height : 0
  }
  title(text) {
    const bar = /** @type {HTMLElement} */ (this.element.querySelector('.bar span'))
    bar.textContent = text
    document.title = text
  }
  colours(front = themed(this.config.navigationBarTextStyle), back = themed(this.config.navigationBarBackgroundColor)) {
    const bar = /** @type {HTMLElement} */ (this.element.querySelector('.bar'))
    bar.style.color = front ?? ''
    bar.style.background = back ?? ''
    this.element.style.background = themed(this.config.backgroundColor) ?? ''
  }
  show() {
    if (this.isShown) return
    this.isShown = true
    this.element.classList.add('front')
    this.styles.forEach((style) => (style.disabled = false))
    document.title = this.element.querySelector('.bar span')?.textContent ?? ''
    this.pages.drawTabs(this.path)
    const back = this.element.querySelector('.bar button')
    if (this.pages.stack.length > 1 && !back) {
      const button = Object.assign(document.createElement('button'), { textContent: '‹', onclick: () => this.pages.back(1) })
      button.dataset.test = 'wx-back'
      button.setAttribute('aria-label', '返回')
      this.element.querySelector('.bar')?.prepend(button)
    }
    this.call('onShow')
    this.root.getComponent().triggerPageLifetime('show', [])
  }
  hide() {
    if (!this.isShown) return
    this.isShown = false
    this.call('onHide')
    this.root.getComponent().triggerPageLifetime('hide', [])
  }
  leave() {
    this.hide()
    this.element.classList.remove('front')
    this.styles.forEach((style) => (style.disabled = true))
  }
  close() {
    this.isShown = false
    this.call('onUnload')
    this.root.release()
    this.element.remove()
    this.styles.forEach((style) => style.remove())
  }
}

export class Pages {
  constructor({ app, configs, pages, space, associated }) {
    Object.assign(this, { config: app, configs, known: pages, space, associated })
    /** @type {Screen[]} */
    this.stack = []
    this.tabs = (app.tabBar?.list ?? []).map((tab) => tab.pagePath)
    /** Tab pages stay alive. @type {Map<string, Screen>} */
    this.kept = new Map()
    this.badges = {}
    window.addEventListener('resize', () => this.turned())
  }
  /** The phone was turned: WeChat tells the page in front when it may turn with it. */
  turned() {
    const size = { windowWidth: innerWidth, windowHeight: innerHeight }
    if (this.front?.config.pageOrientation === 'auto') this.front.call('onResize', { size, deviceOrientation: innerWidth > innerHeight ? 'landscape' : 'portrait' })
  }
  get front() {
    return this.stack.at(-1)
  }
  /** @param {string} url @returns {{path: string, query: Record<string, string>}} */
  resolve(url) {
    const [address, search = ''] = url.split('?')
    const beside = this.front ? this.front.path.replace(/[^/]*$/, '') : ''
    const path = new URL(address, `http://x/${beside}`).pathname.slice(1)
    if (!this.known.includes(path)) {
      fault(`page ${path} is not in app.json`)
      throw new Error(`page "${path}" is not found`)
    }
    const query = Object.fromEntries(search.split('&').filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2)))
    return { path, query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value ?? ''])) }
  }
  open(path, query) {
    this.front?.leave()
    const kept = this.kept.get(path)
    const screen = kept ?? new Screen(this, path, query)
    this.stack.push(screen)
    if (this.tabs.includes(path)) this.kept.set(path, screen)
    if (kept) screen.show()
    else screen.build()
    return screen
  }
  navigateTo({ url, events }) {
    const { path, query } = this.resolve(url)
    if (this.tabs.includes(path)) throw new Error('can not navigateTo a tabbar page')
    if (this.stack.length >= DEPTH) throw new Error('webview count limit exceed')
    const opener = new Channel(events)
    const screen = this.open(path, query)
    screen.caller.getOpenerEventChannel = () => opener
    return { eventChannel: opener }
  }
  redirectTo({ url }) {
    const { path, query } = this.resolve(url)
    if (this.tabs.includes(path)) throw new Error('can not redirectTo a tabbar page')
    this.drop(1)
    this.open(path, query)
  }
  reLaunch({ url }) {
    const { path, query } = this.resolve(url)
    this.drop(this.stack.length)
    for (const screen of this.kept.values()) screen.close()
    this.kept.clear()
    this.open(path, query)
  }
  switchTab({ url }) {
    const { path } = this.resolve(url)
    if (!this.tabs.includes(path)) throw new Error('can not switchTab to a page that is no tab')
    if (this.front?.path === path) return
    this.drop(this.stack.length)
    this.open(path, {})
  }
  back(delta = 1) {
    if (this.stack.length < 2) throw new Error('cannot navigate back at first page')
    this.drop(Math.min(delta, this.stack.length - 1))
    this.front?.element.classList.add('front')
    this.front?.show()
  }
  drop(count) {
    for (const screen of this.stack.splice(this.stack.length - count).reverse()) {
      if (this.kept.has(screen.path)) screen.leave()
      else screen.close()
    }
  }
  drawTabs(path) {
    const bar = /** @type {HTMLElement} */ (document.getElementById('tab-bar'))
    const tabbed = this.tabs.includes(path) && !this.config.tabBar.custom
    bar.hidden = !tabbed
    document.body.classList.toggle('tabbed', tabbed)
    if (!tabbed) return
    const { list, color, selectedColor, backgroundColor } = this.config.tabBar
    bar.style.background = themed(backgroundColor)
    bar.replaceChildren(
      ...list.map((tab, index) => {
        const on = tab.pagePath === path
        const button = document.createElement('button')
        button.dataset.test = `tab-${tab.pagePath}`
        button.style.color = themed(on ? selectedColor : color)
        button.onclick = () => this.tapTab(tab, index)
        const icon = themed(on ? tab.selectedIconPath : tab.iconPath)
        if (icon) button.append(Object.assign(document.createElement('img'), { src: shown('/' + icon), alt: '' }))
        button.append(tab.text)
        if (this.badges[index] !== undefined) button.append(Object.assign(document.createElement('span'), { className: 'badge', textContent: this.badges[index] }))
        return button
      }),
    )
  }
  tapTab(tab, index) {
    this.switchTab({ url: '/' + tab.pagePath })
    this.front?.call('onTabItemTap', { index, pagePath: tab.pagePath, text: tab.text })
  }
}

class Channel {
  constructor(events = {}) {
    this.listeners = new Map(Object.entries(events).map(([name, listener]) => [name, [listener]]))
  }
  on(name, listener) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener])
  }
  emit(name, ...args) {
    ;(this.listeners.get(name) ?? []).forEach((listener) => listener(...args))
  }
  off(name) {
    this.listeners.delete(name)
  }
}

