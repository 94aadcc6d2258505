// What the checks look at, read once.

import fs from 'node:fs'
import path from 'node:path'
import { filesUnder, readJson, readProject } from '../renderer/project.mjs'

/** Files for developers at the root; project.config.json must leave them out too. */
const ROOT_TOOLS = /^(package(-lock)?\.json|tsconfig\.json|eslint\.config\.js|jest\.config\.js|[^/]+\.d\.ts|[^/]+\.md|project\.(private\.)?config\.json)$/

/**
 * @typedef {object} Sources
 * @property {string} root
 * @property {any} project of readProject
 * @property {any} settings project.config.json
 * @property {string[]} files all that WeChat gets
 * @property {(file: string) => string} text
 * @property {(file: string) => boolean} has
 * @property {(suffix: string) => string[]} ending
 */

/** @param {string} root @returns {Sources} */
export function readSources(root) {
  const project = readProject(root)
  const files = filesUnder(root).filter((file) => !ROOT_TOOLS.test(file))
  const texts = new Map()
  const text = (file) => {
    if (!texts.has(file)) texts.set(file, files.includes(file) ? fs.readFileSync(path.join(root, file), 'utf8') : '') // another check tells
    return texts.get(file)
  }
  return {
    root,
    project,
    settings: readJson(path.join(root, 'project.config.json')),
    files,
    text,
    has: (file) => files.includes(file),
    ending: (suffix) => files.filter((file) => file.endsWith(suffix)),
  }
}

/** The sub-package that a file belongs to; '' is the main package. @param {Sources} sources @param {string} file */
export function packageOf({ project }, file) {
  const subs = project.app.subPackages ?? []
  return subs.find((sub) => file.startsWith(sub.root + '/'))?.root ?? ''
}

/** Text without comments and strings' contents kept. @param {string} code */
export const withoutComments = (code) => code.replace(/\/\*[\s\S]*?\*\//g, (all) => all.replace(/[^\n]/g, ' ')).replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')

/** @param {string} code @param {number} index */
export const lineAt = (code, index) => code.slice(0, index).split('\n').length
