// Weighs what a first visit downloads (gzip): the page, its scripts and styles, and the first route's chunk.
// Usage: node scripts/weight.mjs   Exit code 1 when a page is over its budget.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const KB = 1000
const budgets = [
  { page: 'h5', limit: 160 * KB, firstRoutes: ['h5/pages/Home.vue'] },
  { page: 'sign', limit: 30 * KB, firstRoutes: [] },
  { page: 'console', limit: 350 * KB, firstRoutes: ['console/pages/Desk.vue'] },
  { page: 'portal', limit: 350 * KB, firstRoutes: ['portal/pages/Home.vue'] },
]

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
if (!existsSync(dist + '.vite/manifest.json')) {
  console.error('weight: no build found, run `npm run build` first')
  process.exit(1)
}
const manifest = JSON.parse(readFileSync(dist + '.vite/manifest.json', 'utf8'))

/** Every file that the chunk and its static imports need. */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key]
  if (!chunk || seen.has(key)) return []
  seen.add(key)
  const imported = (chunk.imports ?? []).flatMap((name) => filesOf(name, seen))
  return [chunk.file, ...(chunk.css ?? []), ...imported]
}

const gzipped = (file) => gzipSync(readFileSync(dist + file), { level: 9 }).length

let over = 0
for (const { page, limit, firstRoutes } of budgets) {
  const roots = [`${page}/index.html`, ...firstRoutes.filter((route) => manifest[route])]
  const files = new Set([`${page}/index.html`, ...roots.flatMap((root) => filesOf(root))])
  const size = [...files].map(gzipped).reduce((sum, bytes) => sum + bytes, 0)
  const verdict = size <= limit ? 'passed' : 'failed'
  if (size > limit) over += 1
  console.log(`${page} ${verdict}: ${(size / KB).toFixed(1)} kB of ${limit / KB} kB gzip in ${files.size} files`)
}
console.log(`weight: ${budgets.length - over} passed, ${over} failed`)
process.exit(over ? 1 : 0)
