// The project files: what WeChat DevTools and the review read before any code.

import { LEFT_OUT } from '../renderer/project.mjs'

/** APIs that app.json must name in requiredPrivateInfos. */
const PRIVATE_INFOS = ['getFuzzyLocation', 'getLocation', 'onLocationChange', 'startLocationUpdate', 'startLocationUpdateBackground', 'chooseLocation', 'choosePoi', 'chooseAddress']
const TAB_ICON_LIMIT = 40 * 1024

/** @type {Record<string, (sources: import('./sources.mjs').Sources) => string[]>} */
export const checks = {
  'project.config.json: appid, kind, root'({ settings }) {
    const faults = []
    if (!/^(touristappid|wx[0-9a-f]{16})$/.test(settings.appid ?? '')) faults.push(`appid ${settings.appid}`)
    if (settings.compileType !== 'miniprogram') faults.push(`compileType ${settings.compileType}`)
    if (!['./', '', undefined].includes(settings.miniprogramRoot)) faults.push(`miniprogramRoot ${settings.miniprogramRoot}`)
    if (!/^\d+\.\d+\.\d+$/.test(settings.libVersion ?? '')) faults.push(`libVersion ${settings.libVersion}`)
    return faults
  },
  'project.config.json: tests and tools never go to WeChat'({ settings }) {
    const left = settings.packOptions?.ignore ?? []
    const has = (type, value) => left.some((one) => one.type === type && one.value === value)
    const folders = ['node_modules', 'tests', 'scripts'].filter((name) => LEFT_OUT.includes(name) && !has('folder', name))
    const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'eslint.config.js', 'jest.config.js'].filter((name) => !has('file', name))
    return [...folders, ...files].map((name) => `${name} is packed`)
  },
  'app.json: every page has its four files'({ project, has }) {
    return project.pages.flatMap((page) => ['.js', '.wxml', '.wxss', '.json'].map((end) => page + end)).filter((file) => !has(file)).map((file) => `${file} is missing`)
  },
  'app.json: the entry page and the tabs are pages of the main package'({ project }) {
    const { app } = project
    const named = [app.entryPagePath, ...(app.tabBar?.list ?? []).map((tab) => tab.pagePath)].filter(Boolean)
    const faults = named.filter((page) => !app.pages.includes(page))
    if (app.tabBar && (app.tabBar.list.length < 2 || app.tabBar.list.length > 5)) faults.push('a tab bar has 2 to 5 tabs')
    return faults
  },
  'app.json: theme values exist in light and dark'({ project }) {
    const used = [...new Set(JSON.stringify([project.app, project.configs]).match(/"@\w+"/g) ?? [])].map((name) => name.slice(2, -1))
    return used.flatMap((name) => ['light', 'dark'].filter((theme) => project.theme[theme]?.[name] === undefined).map((theme) => `@${name} is not in ${theme}`))
  },
  'app.json: tab icons exist and are light enough'({ project, has, text }) {
    const icons = (project.app.tabBar?.list ?? []).flatMap((tab) => [tab.iconPath, tab.selectedIconPath]).filter(Boolean)
    const files = icons.flatMap((icon) => (icon[0] === '@' ? ['light', 'dark'].map((theme) => project.theme[theme]?.[icon.slice(1)]) : [icon]))
    return files.filter((file) => !has(file) || text(file).length > TAB_ICON_LIMIT).map((file) => `${file}`)
  },
  'sitemap.json: rules'({ project, text }) {
    const { rules } = JSON.parse(text(project.app.sitemapLocation ?? 'sitemap.json'))
    if (!Array.isArray(rules) || !rules.length) return ['no rules']
    return rules.filter((rule) => !['allow', 'disallow'].includes(rule.action) || !rule.page).map((rule) => JSON.stringify(rule))
  },
  'privacy: consent is checked, private APIs are named, no more'({ project, ending, text }) {
    const code = ending('.js').map(text).join('\n')
    const used = PRIVATE_INFOS.filter((name) => new RegExp(`wx\\.${name}\\b`).test(code))
    const named = project.app.requiredPrivateInfos ?? []
    const faults = used.filter((name) => !named.includes(name)).map((name) => `${name} is not in requiredPrivateInfos`)
    faults.push(...named.filter((name) => !used.includes(name)).map((name) => `${name} is asked for and not used`))
    if (project.app.__usePrivacyCheck__ !== true) faults.push('__usePrivacyCheck__ is off')
    if (used.some((name) => /[Ll]ocation|Poi/.test(name)) && !project.app.permission?.['scope.userLocation']?.desc) faults.push('permission.scope.userLocation has no desc')
    return faults
  },
  'preloadRule: its pages and packages exist'({ project }) {
    const names = (project.app.subPackages ?? []).flatMap((sub) => [sub.name, sub.root])
    return Object.entries(project.app.preloadRule ?? {}).flatMap(([page, rule]) => [
      ...(project.pages.includes(page) ? [] : [page]),
      ...rule.packages.filter((name) => !names.includes(name) && name !== '__APP__'),
    ])
  },
}
