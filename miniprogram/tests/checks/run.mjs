// `node tests/checks/run.mjs`: everything that can be known of the mini-program without running it. One line a check.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSources } from './sources.mjs'
import * as project from './project.mjs'
import * as pages from './pages.mjs'
import * as scripts from './scripts.mjs'
import * as sizes from './sizes.mjs'

const root = path.resolve(process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..'))
const checks = { ...project.checks, ...pages.checks, ...scripts.checks, ...sizes.checks }

/** A check that stumbles over what another one reports is failed itself; the others go on. */
function looked(check, sources) {
  try {
    return check(sources)
  } catch (error) {
    return [error.message]
  }
}

let [passed, failed] = [0, 0]
try {
  const sources = readSources(root)
  for (const [name, check] of Object.entries(checks)) {
    const faults = looked(check, sources)
    if (faults.length) failed += 1
    else passed += 1
    console.log(`${faults.length ? 'failed' : 'passed'}: ${name}`)
    faults.forEach((fault) => console.log(`  ${fault}`))
  }
  console.log(sizes.report(sources))
} catch (error) {
  failed += 1
  console.log(`failed: ${error.stack}`)
}
console.log(`checks: ${passed} passed, ${failed} failed`)
process.exit(failed || !passed ? 1 : 0)
