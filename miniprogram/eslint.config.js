// What WeChat's engine knows, and no more: a browser's name in a page is an error here, not on the phone.

const wechat = ['wx', 'App', 'Page', 'Component', 'Behavior', 'getApp', 'getCurrentPages', 'requirePlugin']
const language = ['console', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'require', 'module', 'exports']
const node = ['process', 'Buffer', '__dirname', 'URL', 'URLSearchParams', 'Blob', 'global', 'fetch', 'crypto', 'AbortSignal', 'structuredClone']
const jest = ['describe', 'test', 'expect', 'beforeEach', 'afterEach', 'beforeAll', 'afterAll', 'jest', 'document', 'window']

/** @param {string[]} names */
const globals = (...names) => Object.fromEntries(names.flat().map((name) => [name, 'readonly']))

const rules = {
  'no-undef': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  'no-const-assign': 'error',
  'no-dupe-keys': 'error',
  'no-dupe-args': 'error',
  'no-dupe-else-if': 'error',
  'no-duplicate-case': 'error',
  'no-fallthrough': 'error',
  'no-func-assign': 'error',
  'no-redeclare': 'error',
  'no-self-assign': 'error',
  'no-unreachable': 'error',
  'no-unsafe-finally': 'error',
  'no-unsafe-optional-chaining': 'error',
  'no-implied-eval': 'error',
  'no-eval': 'error',
  'no-new-func': 'error',
  'no-var': 'error',
  'prefer-const': ['error', { destructuring: 'all' }],
  'use-isnan': 'error',
  'valid-typeof': 'error',
  'no-console': ['error', { allow: ['warn', 'error'] }],
  eqeqeq: ['error', 'smart'],
}
const notOnEveryPhone = [
  { name: 'Intl', message: 'Not in every phone: use shared/words.js.' },
  { name: 'structuredClone', message: 'Not in WeChat.' },
]

module.exports = [
  { ignores: ['node_modules/**', 'miniprogram_npm/**', 'tests/renderer/**'] },
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: globals(wechat, language) },
    rules: { ...rules, 'no-restricted-globals': ['error', ...notOnEveryPhone] },
  },
  { files: ['*.config.js', 'scripts/**', 'tests/**'], languageOptions: { sourceType: 'commonjs', globals: globals(node, jest, wechat, language) }, rules: { ...rules, 'no-console': 'off', 'no-restricted-globals': 'off' } },
  { files: ['**/*.mjs'], languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: globals(node, language) }, rules: { ...rules, 'no-console': 'off', 'no-new-func': 'off' } },
]
