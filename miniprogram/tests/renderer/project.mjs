// The mini-program as app.json tells it: its pages, its components, its files. Used by the renderer and by the checks.

import fs from 'node:fs'
import path from 'node:path'

/** Folders of the repository that never go to WeChat. */
export const LEFT_OUT = ['node_modules', 'tests', 'scripts', 'types', 'coverage']

export const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'))

/** Every file under `root`, as paths with slashes relative to it. */
export function filesUnder(root, folder = '') {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name)
    if (entry.name.startsWith('.') || (!folder && LEFT_OUT.includes(entry.name))) return []
    return entry.isDirectory() ? filesUnder(root, name) : [name]
  })
}

/** app.json's pages with those of its sub-packages. */
export function pagesOf(app) {
  const subs = app.subPackages ?? app.subpackages ?? []
  return [...app.pages, ...subs.flatMap((sub) => sub.pages.map((page) => path.posix.join(sub.root, page)))]
}

/** Where a usingComponents value points, seen from the file `from`; without suffix. */
export function componentPath(root, from, value) {
  if (value.startsWith('plugin://')) return null
  if (value.startsWith('/')) return value.slice(1)
  const beside = path.posix.join(path.posix.dirname(from), value)
  if (fs.existsSync(path.join(root, beside + '.json'))) return beside
  return path.posix.join('miniprogram_npm', value)
}

/** The configuration of one page or component with resolved usingComponents; {} without a file. */
function configOf(root, name, shared) {
  const file = path.join(root, name + '.json')
  const config = fs.existsSync(file) ? readJson(file) : {}
  const using = {}
  for (const [from, list] of [['app', shared], [name, config.usingComponents ?? {}]]) {
    for (const [tag, value] of Object.entries(list)) {
      const target = componentPath(root, from, value)
      if (target && target !== name) using[tag] = '/' + target
    }
  }
  return { ...config, usingComponents: using }
}

/** Reads the project: {root, app, theme, pages, configs: {path: config}}; pages come last in configs. */
export function readProject(root) {
  const app = readJson(path.join(root, 'app.json'))
  const theme = app.themeLocation ? readJson(path.join(root, app.themeLocation)) : {}
  const pages = pagesOf(app)
  const configs = {}
  const visit = (name) => {
    if (configs[name]) return
    configs[name] = configOf(root, name, app.usingComponents ?? {})
    for (const target of Object.values(configs[name].usingComponents)) visit(target.slice(1))
  }
  pages.filter((page) => fs.existsSync(path.join(root, page + '.js'))).forEach(visit)
  for (const page of pages) if (configs[page]) delete configs[page].component // a page is styled as a page
  return { root, app, theme, pages, configs }
}
