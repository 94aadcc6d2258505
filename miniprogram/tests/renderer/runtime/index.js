// Starts the real mini-program in a browser: WeChat's own component framework, our pages, and a wx that goes to the live server.

import * as glassEasel from 'glass-easel'
import { MiniProgramEnv, component } from 'glass-easel-miniprogram-adapter'
import { defineElements, isBuiltIn } from './elements.js'
import { listen } from './events.js'
import { Pages } from './pages.js'
import { createSelectorQuery } from './query.js'
import { createWx } from './wx.js'
import { data, emit, fault, faults, files, on } from './world.js'

const SET_DATA_LIMIT = 64 * 1024
const SCOPE = '\uE000'

glassEasel.globalOptions.throwGlobalError = true

/** @type {Map<string, () => void>} */
const scripts = new Map()
/** The largest setData of each page. @type {Record<string, number>} */
const largest = {}
/** @type {any} */
let app = null

/** data-test and the like can be found in the DOM; WeChat keeps them to itself. */
function showDataset() {
  const { setDataset } = glassEasel.Element.prototype
  glassEasel.Element.prototype.setDataset = function (name, value) {
    setDataset.call(this, name, value)
    const element = /** @type {any} */ (this.getBackendElement())
    if (element?.dataset && typeof value !== 'object') element.dataset[name] = value
  }
}

function limitSetData() {
  const proto = /** @type {any} */ (component.ComponentCaller.prototype)
  const { setData } = proto
  proto.setData = function (change, done) {
    const size = new Blob([JSON.stringify(change) ?? '']).size
    largest[this.is] = Math.max(largest[this.is] ?? 0, size)
    if (size > SET_DATA_LIMIT) fault(`${this.is}: setData of ${Math.round(size / 1024)} kB (${Object.keys(change).join(', ')})`)
    setData.call(this, change, done)
  }
  proto.createSelectorQuery = function () {
    return createSelectorQuery(this)
  }
}

/** A list that draws two rows under one key mixes them up at the next change. */
function watchKeys() {
  glassEasel.addGlobalWarningListener((text, component) => {
    if (text.includes('keys are not unique')) fault(`${component.is ?? component}: ${text}`)
  })
}

/** Where the framework puts its nodes: built-in tags become wx-* elements. */
function backend() {
  const context = new glassEasel.CurrentWindowBackendContext()
  const known = new Set(['body', 'wx-x', 'page'])
  for (const config of Object.values(data.configs)) Object.keys(config.usingComponents).forEach((tag) => known.add(tag))
  context.document = {
    createElement(tag) {
      if (!isBuiltIn(tag) && !known.has(tag)) fault(`<${tag}> is no component of WeChat or of ours`)
      return document.createElement(isBuiltIn(tag) ? 'wx-' + tag : tag)
    },
    createTextNode: (text) => document.createTextNode(text),
    createDocumentFragment: () => document.createDocumentFragment(),
  }
  context.onEvent = () => {}
  context.setListenerStats = () => {} // events.js dispatches by itself
  context.setModelBindingStat = (element, name, listener) => {
    element.models = { ...element.models, [name]: listener }
  }
  return context
}

/** A component's isolation may stand in its JSON or in the options of its script. */
function scopeOf(name, config, options) {
  const isolation = options?.styleIsolation ?? config.styleIsolation ?? (options?.addGlobalClass ? 'apply-shared' : undefined)
  if (isolation) config.styleIsolation = isolation
  return config.component && isolation !== 'shared' ? name.replace(/\W/g, '-') : undefined
}

function start() {
  const env = new MiniProgramEnv()
  const context = backend()
  const associated = env.associateBackend(context)
  const space = env.createCodeSpace('', true)
  const { app: config, configs, styles } = data
  const templates = window['__mpTemplates']
  const sheet = (name, scope) => {
    const text = (styles[name] ?? '').replaceAll(SCOPE, (_, at, all) => (all[at - 1] === '"' ? scope ?? '' : scope ? scope + '--' : ''))
    associated.registerStyleSheetContent(name, text)
    space.addStyleSheet(name, name, scope)
  }
  sheet('app')
  run('app', {})
  for (const [name, own] of Object.entries(configs)) {
    if (!templates[name]) return fault(`${name}.wxml is missing`)
    space.addCompiledTemplate(name, { groupList: templates, content: templates[name], fallbackListenerOnNativeNode: true })
    space.addComponentStaticConfig(name, own)
  }
  for (const [name, own] of Object.entries(configs)) {
    const before = { Page: window['Page'], Component: window['Component'] }
    space.globalComponentEnv(window, name, () => {
      const { Component, Page } = window
      window['Component'] = (definition) => (sheet(name, scopeOf(name, own, definition.options)), Component(definition))
      window['Page'] = (definition) => (sheet(name), Page({ ...definition, options: undefined }))
      run(name)
    })
    Object.assign(window, before)
  }
  return new Pages({ app: config, configs, pages: data.pages, space, associated, hooks: () => app })
}

function run(name) {
  const load = scripts.get(name)
  if (!load) return fault(`${name}.js is missing`)
  load()
}

function launch() {
  Object.assign(data, window['__mpData'])
  defineElements()
  listen()
  showDataset()
  limitSetData()
  watchKeys()
  const query = new URLSearchParams(location.search)
  const entered = {
    path: query.get('path') || data.app.entryPagePath || data.pages[0],
    query: Object.fromEntries(new URLSearchParams(query.get('query') ?? '')),
    scene: Number(query.get('scene') ?? 1001),
    referrerInfo: {},
  }
  /** @type {Pages|undefined} */
  let pages
  window['wx'] = createWx({ entered, pages: () => /** @type {Pages} */ (pages) })
  window['App'] = (definition) => {
    app = definition
  }
  window['getApp'] = () => app
  window['getCurrentPages'] = () => pages?.stack.map((page) => page.caller) ?? []
  pages = start()
  app?.onLaunch?.call(app, entered)
  app?.onShow?.call(app, entered)
  pages?.open(entered.path, entered.query)
  let shown = true
  Object.assign(window['__mp'], {
    pages,
    /** The person leaves WeChat; its sockets are cut after a moment, as a phone does. */
    hide() {
      if (!shown) return
      shown = false
      pages?.front?.hide()
      app?.onHide?.call(app)
      emit('appHide', {})
    },
    show(options = {}) {
      if (shown) return
      shown = true
      const again = { ...entered, path: pages?.front?.path, query: {}, ...options }
      app?.onShow?.call(app, again)
      emit('appShow', again)
      pages?.front?.show()
    },
  })
  window.addEventListener('error', (event) => emit('error', String(event.error?.stack ?? event.message)))
  window.addEventListener('unhandledrejection', (event) => emit('unhandledRejection', { reason: event.reason, promise: event.promise }))
}

window['__mp'] = { launch, faults, files, largest, on, emit, define: (name, load) => scripts.set(name, load) }
