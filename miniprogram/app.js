import { arrive } from './services/arrivals.js'
import { restore } from './services/auth.js'
import { cameBack, watchNetwork } from './services/network.js'
import { watchPrivacy } from './services/privacy.js'

/** A new version is taken at the next cold start, or at once when the person agrees. */
function watchUpdates() {
  if (!wx.canIUse('getUpdateManager')) return
  const updates = wx.getUpdateManager()
  updates.onUpdateReady(() => {
    wx.showModal({
      title: '有新版本',
      content: '重启后使用新版本，办理进度不会丢失。',
      confirmText: '重启',
      success: ({ confirm }) => confirm && updates.applyUpdate(),
    })
  })
}

App({
  onLaunch() {
    watchNetwork()
    watchPrivacy()
    watchUpdates()
    restore().catch(() => {}) // a page that needs the login asks again and says what is wrong
  },
  onShow({ query } = /** @type {any} */ ({})) {
    cameBack()
    arrive(query)
  },
})
