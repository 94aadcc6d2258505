// WXML and WXS to JavaScript with WeChat's own compiler.

import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler')

const LEGACY_EVENT = /(\s)(capture-bind|capture-catch|mut-bind|bind|catch)(?=[a-z][\w-]*\s*=)/g

/** `bindtap` as `bind:tap`, which the compiler understands on built-in tags too. */
const modernEvents = (text) => text.replace(LEGACY_EVENT, '$1$2:')

/** WXS knows these two beside plain JavaScript. */
const WXS_GLOBALS = 'var getRegExp=function(a,b){return new RegExp(a,b)},getDate=function(){return new Date(...arguments)};'

/**
 * @param {string} root @param {string[]} files
 * @returns {{code: string, faults: {file: string, line: number, column: number, error: boolean, message: string}[]}}
 */
export function compileTemplates(root, files) {
  const group = new TmplGroup()
  const faults = []
  group.setExtraRuntimeScript(WXS_GLOBALS)
  for (const file of files.filter((name) => name.endsWith('.wxs'))) {
    group.addScript(file.slice(0, -4), fs.readFileSync(path.join(root, file), 'utf8'))
  }
  for (const file of files.filter((name) => name.endsWith('.wxml'))) {
    const text = fs.readFileSync(path.join(root, file), 'utf8')
    for (const fault of group.addTmpl(file.slice(0, -5), modernEvents(text))) {
      faults.push({ file, line: fault.startLine + 1, column: fault.startColumn + 1, error: fault.isError, message: fault.message })
    }
  }
  const code = group.getTmplGenObjectGroups()
  group.free()
  return { code, faults }
}
