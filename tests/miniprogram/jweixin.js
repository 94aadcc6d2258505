// WeChat's script for pages of the web, as far as a web-view inside a mini-program needs it: the opener is the mini-program.
window.__wxjs_environment = 'miniprogram'
const mini = () => window.opener?.wx
window.wx = {
  miniProgram: {
    getEnv: (tell) => tell({ miniprogram: Boolean(window.opener) }),
    postMessage: ({ data }) => (window.__posted = [...(window.__posted ?? []), data]),
    navigateBack: (options = {}) => (mini().navigateBack(options), window.close()),
    navigateTo: (options) => mini().navigateTo(options),
    redirectTo: (options) => (mini().redirectTo(options), window.close()),
    switchTab: (options) => (mini().switchTab(options), window.close()),
    reLaunch: (options) => (mini().reLaunch(options), window.close()),
  },
  config() {},
  ready: (run) => run(),
  error() {},
}
