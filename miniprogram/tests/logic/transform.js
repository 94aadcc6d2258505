// Jest reads the pages' ES modules as CommonJS.

const { transformSync } = require('esbuild')

module.exports = {
  process: (source, file) => transformSync(source, { loader: 'js', format: 'cjs', target: 'node20', sourcefile: file, sourcemap: 'inline' }),
}
