// Bundles the real mini-program for the browser: node build.mjs ROOT OUT. What it writes is served by the tests.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import esbuild from 'esbuild'
import { filesUnder, readProject } from './project.mjs'
import { compileStyle } from './styles.mjs'
import { compileTemplates } from './templates.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))

/** What browsers have and mini-programs have not: a page that uses one of these breaks here as it would in WeChat. */
const NOT_IN_WECHAT = [
  'window', 'document', 'navigator', 'location', 'history', 'localStorage', 'sessionStorage', 'indexedDB', 'fetch',
  'XMLHttpRequest', 'WebSocket', 'EventSource', 'FormData', 'File', 'FileReader', 'Blob', 'Image', 'Audio', 'URL',
  'URLSearchParams', 'TextEncoder', 'TextDecoder', 'AbortController', 'Headers', 'Request', 'Response', 'crypto',
  'requestAnimationFrame', 'cancelAnimationFrame', 'alert', 'confirm', 'prompt', 'self', 'parent', 'top', 'btoa', 'atob',
  'structuredClone', 'queueMicrotask', 'performance', 'Worker', 'Intl', 'eval', 'customElements', 'MutationObserver',
  'IntersectionObserver', 'ResizeObserver', 'HTMLElement', 'Element', 'Node', 'Event', 'CustomEvent', 'getComputedStyle',
]

/** `/services/api` in an import means the root of the mini-program. */
const fromRoot = (root) => ({
  name: 'from-root',
  setup(build) {
    build.onResolve({ filter: /^\// }, ({ path: target, kind }) => {
      if (kind === 'entry-point' || target.startsWith(root)) return undefined
      const file = path.join(root, target)
      return { path: fs.existsSync(file) && fs.statSync(file).isFile() ? file : file + '.js' }
    })
  },
})

/** One bundle of app.js and all pages and components; each is run when the runtime asks for it, shared modules once. */
async function bundleScripts(project, out) {
  const names = ['app', ...Object.keys(project.configs)]
  const entry = names.map((name) => `__mp.define(${JSON.stringify(name)}, () => require('./${name}.js'))`).join('\n')
  await esbuild.build({
    stdin: { contents: entry, resolveDir: project.root, loader: 'js' },
    bundle: true,
    outfile: path.join(out, 'app.js'),
    format: 'iife',
    target: 'es2020',
    sourcemap: 'linked',
    charset: 'utf8',
    logLevel: 'silent',
    banner: { js: `(function (${NOT_IN_WECHAT.filter((n) => n !== 'eval').join(', ')}) {` },
    footer: { js: '})()' },
    plugins: [fromRoot(project.root)],
  })
}

async function bundleRuntime(out) {
  await esbuild.build({
    entryPoints: [path.join(HERE, 'runtime', 'index.js')],
    bundle: true,
    outfile: path.join(out, 'runtime.js'),
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
}

/** Builds ROOT into OUT; throws with the faults of templates, styles and scripts. */
export async function build(root, out) {
  const project = readProject(root)
  const files = filesUnder(root)
  const { code, faults } = compileTemplates(root, files)
  const errors = faults.filter((fault) => fault.error).map((f) => `${f.file}:${f.line}:${f.column} ${f.message}`)
  if (errors.length) throw new Error(errors.join('\n'))
  const styles = {}
  for (const name of ['app', ...Object.keys(project.configs)]) {
    if (files.includes(name + '.wxss')) styles[name] = compileStyle(root, name + '.wxss')
  }
  fs.mkdirSync(out, { recursive: true })
  const { app, theme, pages, configs } = project
  const data = JSON.stringify({ app, theme, pages, configs, styles })
  fs.writeFileSync(path.join(out, 'data.js'), `window.__mpData = ${data}\nwindow.__mpTemplates = ${code}\n`)
  fs.copyFileSync(path.join(HERE, 'runtime', 'index.html'), path.join(out, 'index.html'))
  fs.copyFileSync(path.join(HERE, 'runtime', 'base.css'), path.join(out, 'base.css'))
  await Promise.all([bundleScripts(project, out), bundleRuntime(out)])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root, out] = process.argv.slice(2).map((name) => path.resolve(name))
  build(root, out).catch((error) => {
    console.error(error.errors ? error.errors.map((e) => `${e.location?.file}:${e.location?.line} ${e.text}`).join('\n') : error)
    process.exit(1)
  })
}
