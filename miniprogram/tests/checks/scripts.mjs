// The scripts: nothing newer than the base library we promise, unless it is asked for first.

import fs from 'node:fs'
import path from 'node:path'
import { lineAt, withoutComments } from './sources.mjs'

export const OLDEST_LIBRARY = [2, 30, 0]

/** name → the base library that brought it, as WeChat's typings tell in their comments. @param {string} root */
export function since(root) {
  const typings = fs.readFileSync(path.join(root, 'node_modules/miniprogram-api-typings/types/wx/lib.wx.api.d.ts'), 'utf8')
  const versions = new Map()
  const all = new Set()
  for (const [, comment, name] of typings.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*([a-zA-Z]\w*)\s*[<(:]/g)) {
    const [, about] = comment.split('\n')[0].match(/\bwx\.(\w+)\(/) ?? []
    if (about !== name) continue
    all.add(name)
    const version = comment.match(/(?:^|\n)[\s*]*需要基础库： `(\d+\.\d+\.\d+)`/)?.[1]
    if (version) versions.set(name, version.split('.').map(Number))
  }
  return { versions, all }
}

/** @param {number[]} version */
const newer = (version) => {
  const at = version.findIndex((part, index) => part !== OLDEST_LIBRARY[index])
  return at >= 0 && version[at] > OLDEST_LIBRARY[at]
}

/** Is `wx.name` asked for before use: canIUse('name'), wx.name?.(), wx.name && …, if (wx.name), typeof wx.name. */
const guarded = (code, name) =>
  new RegExp(`canIUse\\(\\s*['"]${name}|wx\\.${name}\\s*(\\?\\.|&&|\\)\\s*(return|\\{|wx)|\\?[^.:])|!wx\\.${name}\\b|typeof wx\\.${name}\\b|if \\(wx\\.${name}\\b`).test(code)

/** @type {Record<string, (sources: import('./sources.mjs').Sources) => string[]>} */
export const checks = {
  'wx: every name is in the typings'({ root, ending, text }) {
    const { all } = since(root)
    if (all.size < 300) return [`only ${all.size} names were understood in the typings`]
    const known = [...all, 'env', 'nextTick', 'createSelectorQuery', 'createIntersectionObserver']
    return ending('.js').flatMap((file) => {
      const code = withoutComments(text(file))
      return [...code.matchAll(/\bwx\.(\w+)/g)].filter((found) => !known.includes(found[1])).map((found) => `${file}:${lineAt(code, found.index)} wx.${found[1]}`)
    })
  },
  'wx: nothing newer than base library 2.30 without a check'({ root, ending, text }) {
    const { versions } = since(root)
    return ending('.js').flatMap((file) => {
      const code = withoutComments(text(file))
      return [...code.matchAll(/\bwx\.(\w+)/g)]
        .filter((found) => newer(versions.get(found[1]) ?? [0, 0, 0]) && !guarded(code, found[1]))
        .map((found) => `${file}:${lineAt(code, found.index)} wx.${found[1]} needs ${versions.get(found[1]).join('.')}`)
    })
  },
}
