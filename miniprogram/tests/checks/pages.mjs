// Pages and components: their files, their templates, their styles, what they use and who uses them.

import path from 'node:path'
import { compileStyle } from '../renderer/styles.mjs'
import { compileTemplates } from '../renderer/templates.mjs'
import { componentPath } from '../renderer/project.mjs'
import { lineAt, packageOf, withoutComments } from './sources.mjs'

const tagsOf = (wxml) => new Set([...wxml.matchAll(/<([a-z][\w-]*)/g)].map((found) => found[1]))
/** The template of `name` with all it includes. */
function template(sources, file, seen = new Set()) {
  if (seen.has(file) || !sources.has(file)) return ''
  seen.add(file)
  const text = sources.text(file)
  const parts = [...text.matchAll(/<(?:include|import)\s[^>]*src="([^"]+)"/g)].map(([, src]) => {
    const name = src.startsWith('/') ? src.slice(1) : path.posix.join(path.posix.dirname(file), src)
    return template(sources, name.endsWith('.wxml') ? name : name + '.wxml', seen)
  })
  return [text, ...parts].join('\n')
}
const owners = ({ project }) => Object.keys(project.configs)
const own = (sources, name) => JSON.parse(sources.has(name + '.json') ? sources.text(name + '.json') : '{}')

/** @type {Record<string, (sources: import('./sources.mjs').Sources) => string[]>} */
export const checks = {
  'templates: WeChat\'s compiler finds no fault'({ root, files }) {
    return compileTemplates(root, files).faults.map((fault) => `${fault.file}:${fault.line}:${fault.column} ${fault.message}`)
  },
  'styles: they parse, imports exist, no local picture, no tag or id in a component'(sources) {
    return sources.ending('.wxss').flatMap((file) => {
      try {
        const css = compileStyle(sources.root, file)
        const pictures = [...css.matchAll(/url\(\s*["']?(?!data:|https:|#)([^)"']+)/g)].map((found) => `${file}: local picture ${found[1]}`)
        const name = file.slice(0, -5)
        const isComponent = own(sources, name).component
        const rough = isComponent ? [...css.matchAll(/^\s*(wx-[\w-]+|#[\w-]+)[^{]*\{/gm)].map((found) => `${file}: ${found[1]} in a component`) : []
        return [...pictures, ...rough]
      } catch (error) {
        return [`${file}: ${error.message}`]
      }
    })
  },
  'components: every usingComponents path has its files and says component'(sources) {
    const faults = []
    for (const name of ['app', ...owners(sources)]) {
      const using = (name === 'app' ? sources.project.app : own(sources, name)).usingComponents ?? {}
      for (const [tag, value] of Object.entries(using)) {
        const target = componentPath(sources.root, name, value)
        const missing = ['.js', '.json', '.wxml'].filter((end) => !sources.has(target + end))
        if (missing.length) faults.push(`${name}: <${tag}> ${target}${missing.join(', ')} missing`)
        else if (!own(sources, target).component) faults.push(`${target}.json: component is not true`)
      }
    }
    return faults
  },
  'components: every one that is named is used, every folder is named'(sources) {
    const faults = []
    const all = owners(sources).map((name) => [name, tagsOf(template(sources, name + '.wxml'))])
    const shared = sources.project.app.usingComponents ?? {}
    for (const tag of Object.keys(shared)) if (!all.some(([, tags]) => tags.has(tag))) faults.push(`app.json: <${tag}> is used nowhere`)
    for (const [name, tags] of all) {
      for (const tag of Object.keys(own(sources, name).usingComponents ?? {})) if (!tags.has(tag)) faults.push(`${name}: <${tag}> is not used`)
    }
    for (const file of sources.ending('.wxml')) {
      const name = file.slice(0, -5)
      if (sources.has(name + '.json') && !sources.project.configs[name]) faults.push(`${name} is neither a page of app.json nor used as a component`)
    }
    return faults
  },
  'components: a tag that is neither WeChat\'s nor ours'(sources) {
    return owners(sources).flatMap((name) => {
      const known = Object.keys(sources.project.configs[name].usingComponents)
      return [...tagsOf(template(sources, name + '.wxml'))].filter((tag) => tag.includes('-') && !known.includes(tag) && !BUILT_IN.includes(tag)).map((tag) => `${name}: <${tag}>`)
    })
  },
  'pages: each can be reached'({ project, ending, text }) {
    const entries = [project.app.entryPagePath, ...(project.app.tabBar?.list ?? []).map((tab) => tab.pagePath)]
    const sources = [...ending('.js'), ...ending('.wxml'), ...ending('.wxs')]
    return project.pages.filter((page) => {
      if (entries.includes(page)) return false
      return !sources.some((file) => !file.startsWith(page + '.') && text(file).includes(page.split('/').slice(-2).join('/')))
    }).map((page) => `nothing leads to ${page}`)
  },
  'pages: every handler in a template is in the script'(sources) {
    return owners(sources).flatMap((name) => {
      const wxml = sources.text(name + '.wxml')
      const js = sources.text(name + '.js')
      const handlers = [...wxml.matchAll(/\s(?:capture-)?(?:bind|catch|mut-bind):?([a-z]\w*)="([\w]+)"/g)]
      return handlers.filter(([, , handler]) => !new RegExp(`\\b${handler}\\b`).test(js)).map((found) => `${name}.wxml:${lineAt(wxml, found.index)} ${found[1]}="${found[2]}"`)
    })
  },
  'pages: pictures named in templates exist'(sources) {
    return sources.ending('.wxml').flatMap((file) =>
      [...sources.text(file).matchAll(/<(?:cover-)?image[^>]*\ssrc="(\/[^"{]+)"/g)].filter((found) => !sources.has(found[1].slice(1))).map((found) => `${file}: ${found[1]}`),
    )
  },
  'packages: code crosses no border between sub-packages'(sources) {
    return sources.ending('.js').flatMap((file) => {
      const mine = packageOf(sources, file)
      const code = withoutComments(sources.text(file))
      return [...code.matchAll(/(?:from|import|require\()\s*['"]([./][^'"]+)['"]/g)].flatMap((found) => {
        const target = found[1].startsWith('/') ? found[1].slice(1) : path.posix.join(path.posix.dirname(file), found[1])
        const exists = [target, target + '.js', target + '/index.js'].some((one) => sources.has(one))
        const theirs = packageOf(sources, target)
        if (!exists) return [`${file}:${lineAt(code, found.index)} ${found[1]} does not exist`]
        return theirs && theirs !== mine ? [`${file}:${lineAt(code, found.index)} reaches into ${theirs}`] : []
      })
    })
  },
  'packages: components cross no border between sub-packages'(sources) {
    return owners(sources).flatMap((name) =>
      Object.values(sources.project.configs[name].usingComponents)
        .filter((target) => packageOf(sources, target.slice(1)) && packageOf(sources, target.slice(1)) !== packageOf(sources, name))
        .map((target) => `${name} uses ${target}`),
    )
  },
}

const BUILT_IN = ['scroll-view', 'rich-text', 'picker-view', 'picker-view-column', 'checkbox-group', 'radio-group', 'swiper-item', 'movable-view', 'movable-area', 'cover-view', 'cover-image', 'web-view', 'page-meta', 'navigation-bar', 'page-container', 'root-portal', 'match-media', 'live-player', 'live-pusher', 'share-element']
