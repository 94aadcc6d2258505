// Components rendered by WeChat's simulator in jsdom; each is taken away again after its test.

const path = require('path')
const simulate = require('miniprogram-simulate')

const root = path.join(__dirname, '..', '..')
/** @param {string} name of a component, from the mini-program's root */
const load = (name) => simulate.load(path.join(root, name), { compiler: 'simulate', rootPath: root })

const made = []
/** @param {string} id @param {object} [properties] */
function show(id, properties) {
  const component = simulate.render(id, properties)
  component.attach(document.createElement('div'))
  made.push(component)
  return component
}
afterEach(() => made.splice(0).forEach((component) => component.detach()))

module.exports = { load, show, simulate }
