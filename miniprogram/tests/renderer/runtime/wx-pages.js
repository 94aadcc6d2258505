// Going from page to page, the bars, the dialogs.

import { hideToast, modal, sheet, toast } from './overlays.js'
import { createSelectorQuery } from './query.js'
import { ask, emit, fault } from './world.js'

/** @param {{pages: () => import('./pages.js').Pages}} needs */
export function pageApis({ pages }) {
  const quietly = () => {}
  const here = () => /** @type {any} */ (pages().front)
  const go = (verb) => (options) => {
    const before = here()
    const result = pages()[verb](options)
    window['__mp'].navigations = (window['__mp'].navigations ?? 0) + (here() !== before ? 1 : 0)
    return result
  }
  const badge = ({ index, text }) => {
    if (text === undefined) delete pages().badges[index]
    else pages().badges[index] = text
    if (here()) pages().drawTabs(here().path)
  }
  window['__mp'].pullDown = () => here().call('onPullDownRefresh')
  window['__mp'].share = () => here().call('onShareAppMessage', { from: 'menu' })
  return {
    sync: {
      createSelectorQuery: () => createSelectorQuery(here().caller),
      createIntersectionObserver: (owner, options) => owner.createIntersectionObserver(options),
      hideToast, hideLoading: hideToast,
      onAppRoute: quietly,
      offAppRoute: quietly,
      onPageNotFound: quietly,
      getMenuButtonBoundingClientRect: () => ({ top: 7, bottom: 37, left: innerWidth - 94, right: innerWidth - 8, width: 86, height: 30 }),
    },
    later: {
      navigateTo: go('navigateTo'),
      redirectTo: go('redirectTo'),
      reLaunch: go('reLaunch'),
      switchTab: go('switchTab'),
      navigateBack: ({ delta }) => pages().back(delta ?? 1),
      setNavigationBarTitle: ({ title }) => here()?.title(title),
      setNavigationBarColor: ({ frontColor, backgroundColor }) => here()?.colours(frontColor, backgroundColor),
      setBackgroundColor: quietly,
      setBackgroundTextStyle: quietly,
      showNavigationBarLoading: quietly,
      hideNavigationBarLoading: quietly,
      hideHomeButton: quietly,
      hideShareMenu: quietly,
      showShareMenu: quietly,
      setTabBarBadge: badge,
      removeTabBarBadge: ({ index }) => badge({ index, text: undefined }),
      showTabBarRedDot: ({ index }) => badge({ index, text: '' }),
      hideTabBarRedDot: ({ index }) => badge({ index, text: undefined }),
      setTabBarStyle: quietly,
      setTabBarItem: quietly,
      pageScrollTo({ scrollTop, selector }) {
        const scroller = here().element.querySelector('.scroller')
        if (selector) createSelectorQuery(here().caller).select(selector).boundingClientRect((box) => box && (scroller.scrollTop += box.top)).exec()
        else scroller.scrollTop = scrollTop
      },
      startPullDownRefresh: () => here().call('onPullDownRefresh'),
      stopPullDownRefresh: quietly,
      enableAlertBeforeUnload: quietly,
      disableAlertBeforeUnload: quietly,
      showModal: modal,
      showActionSheet: sheet,
      showToast: (options) => void toast(options),
      showLoading: (options) => void toast({ title: '加载中', ...options }, true),
      async exitMiniProgram() {
        emit('appHide', {})
        await ask('exited')
      },
      async navigateToMiniProgram(options) {
        fault(`navigateToMiniProgram ${options.appId} is not known to the test renderer`)
      },
    },
  }
}
