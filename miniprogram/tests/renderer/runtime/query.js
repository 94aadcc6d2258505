// wx.createSelectorQuery over the nodes of a page or component; rectangles are told from the page's corner.

import { nodeOf } from './events.js'

const corner = (element) => element.closest('.webview')?.getBoundingClientRect() ?? { left: 0, top: 0 }

function told(element, wanted) {
  const node = nodeOf(element)
  const box = element.getBoundingClientRect()
  const { left, top } = corner(element)
  const about = {}
  if (wanted.id) about.id = node?.id ?? ''
  if (wanted.dataset) about.dataset = { ...node?.dataset }
  if (wanted.rect) Object.assign(about, { left: box.left - left, top: box.top - top, right: box.right - left, bottom: box.bottom - top })
  if (wanted.size) Object.assign(about, { width: box.width, height: box.height })
  if (wanted.scrollOffset) {
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight } = element
    Object.assign(about, { scrollLeft, scrollTop, scrollWidth, scrollHeight })
  }
  for (const name of wanted.properties ?? []) about[name] = node?.getAttribute?.(name) ?? node?.data?.[name]
  for (const name of wanted.computedStyle ?? []) about[name] = getComputedStyle(element)[name]
  if (wanted.node) about.node = element.node
  return about
}

/** @param {any} component a ComponentCaller; `in` changes it */
export function createSelectorQuery(component) {
  const queue = []
  let owner = component
  const find = (selector, all) => {
    const root = owner._$.getShadowRoot()
    const nodes = all ? root.querySelectorAll(selector) : [root.querySelector(selector)].filter(Boolean)
    return nodes.map((node) => node.getBackendElement()).filter((element) => element?.isConnected) // of a page that has gone or is still to be drawn: none
  }
  const viewport = () => document.querySelector('.screen.front .scroller')
  const ref = (elements, single) => {
    const push = (wanted, done) => {
      const at = owner
      queue.push(() => {
        const before = owner
        owner = at
        const found = elements().map((element) => told(element, wanted))
        owner = before
        const result = single ? found[0] ?? null : found
        done?.(result)
        return result
      })
      return query
    }
    return {
      fields: push,
      boundingClientRect: (done) => push({ id: true, dataset: true, rect: true, size: true }, done),
      scrollOffset: (done) => push({ id: true, dataset: true, scrollOffset: true }, done),
      node: (done) => push({ node: true }, done),
      context: (done) => push({ context: true }, done),
    }
  }
  const query = {
    in: (other) => ((owner = other), query),
    select: (selector) => ref(() => find(selector, false), true),
    selectAll: (selector) => ref(() => find(selector, true), false),
    selectViewport: () => ref(() => [viewport()], true),
    exec(done) {
      requestAnimationFrame(() => {
        const results = queue.map((run) => run())
        done?.(results)
      })
      return query
    },
  }
  return query
}
