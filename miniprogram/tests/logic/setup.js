// Page over Component, as miniprogram-simulate knows components only; what a page loses by it is rendered in Chromium.

global.App = () => {}
global.getApp = () => ({ globalData: {} })
global.getCurrentPages = () => []
global.Page = ({ data, ...rest }) => {
  const methods = Object.fromEntries(Object.entries(rest).filter(([, value]) => typeof value === 'function'))
  global.Component({ data, methods })
}
