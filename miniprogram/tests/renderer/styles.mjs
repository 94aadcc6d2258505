// WXSS to CSS: @import inlined, rpx and vh of the page, tags to wx-*, classes marked for the scope they get at run time.

import fs from 'node:fs'
import path from 'node:path'
import postcss from 'postcss'

/** Stands before each class name until the runtime knows the component's scope. */
export const SCOPE = '\uE000'

const SELECTOR = /(\[[^\]]*\])|(:nth-[\w-]+\([^)]*\))|(:host)|(::?[\w-]+)|\.(-?[_a-zA-Z\u0080-\uDFFF][\w-]*)|(#[\w-]+)|([a-zA-Z][\w-]*)/g

/** `.a view:first-child` as the renderer's elements are called. */
export function selectorText(selector) {
  return selector.replace(SELECTOR, (all, attribute, nth, host, pseudo, name, id, tag) => {
    if (host) return `[wx-host="${SCOPE}"]`
    if (name) return '.' + SCOPE + name
    return tag ? 'wx-' + tag : all
  })
}

/** 750 rpx are the width of the screen, 100 vh the height of the page between its bars. */
export const lengths = (text) =>
  text
    .replace(/(-?\d*\.?\d+)rpx\b/g, (_, n) => `calc(${n} * var(--rpx))`)
    .replace(/(-?\d*\.?\d+)vh\b/g, (_, n) => `calc(${n} * var(--vh))`)

function inlineImports(root, file, seen = new Set()) {
  if (seen.has(file)) return []
  seen.add(file)
  const css = postcss.parse(fs.readFileSync(path.join(root, file), 'utf8'), { from: file })
  return css.nodes.flatMap((node) => {
    if (node.type !== 'atrule' || node.name !== 'import') return [node]
    const target = node.params.match(/["']([^"']+)["']/)?.[1]
    if (!target) throw node.error('an @import names a file in quotes')
    const next = target.startsWith('/') ? target.slice(1) : path.posix.join(path.posix.dirname(file), target)
    if (!fs.existsSync(path.join(root, next))) throw node.error(`${next} does not exist`)
    return inlineImports(root, next, seen)
  })
}

/** The CSS of `file` (with .wxss). Throws postcss' CssSyntaxError with file, line and column. */
export function compileStyle(root, file) {
  const css = postcss.root({ nodes: inlineImports(root, file) })
  css.walkRules((rule) => {
    if (rule.parent.type === 'atrule' && /keyframes$/.test(rule.parent.name)) return
    rule.selectors = rule.selectors.map(selectorText)
  })
  css.walkDecls((declaration) => {
    declaration.value = lengths(declaration.value)
  })
  return css.toString()
}
