// What WeChat would get, in bytes. It compresses more than this; the limits are ours, below WeChat's own.

import fs from 'node:fs'
import path from 'node:path'
import { packageOf } from './sources.mjs'

const MAIN_LIMIT = 1.5 * 1024 * 1024
const SUB_LIMIT = 2 * 1024 * 1024
const WHOLE_LIMIT = 20 * 1024 * 1024

function sizes(sources) {
  /** @type {Record<string, number>} */
  const all = { '': 0, ...Object.fromEntries((sources.project.app.subPackages ?? []).map((sub) => [sub.root, 0])) }
  for (const file of sources.files) all[packageOf(sources, file)] += fs.statSync(path.join(sources.root, file)).size
  return all
}

const kB = (bytes) => `${(bytes / 1024).toFixed(0)} kB`

/** @type {Record<string, (sources: import('./sources.mjs').Sources) => string[]>} */
export const checks = {
  'size: main package below 1.5 MB, each sub-package below 2 MB, all below 20 MB'(sources) {
    const all = sizes(sources)
    const whole = Object.values(all).reduce((sum, one) => sum + one, 0)
    const over = Object.entries(all).filter(([name, size]) => size > (name ? SUB_LIMIT : MAIN_LIMIT))
    return [...over.map(([name, size]) => `${name || 'main'}: ${kB(size)}`), ...(whole > WHOLE_LIMIT ? [`all: ${kB(whole)}`] : [])]
  },
}

export const report = (sources) =>
  Object.entries(sizes(sources)).map(([name, size]) => `size: ${name || 'main package'} ${kB(size)}`).join('\n')
