import { signInOrAgree } from '../../services/consent.js'
import { isOnline } from '../../services/network.js'
import { attempt, go } from '../../services/ui.js'

/** What happened, what to do, and the button for it: retry, sign in, or home. Tells `retry`. */
Component({
  properties: {
    error: { type: Object, value: /** @type {any} */ (null) },
  },
  data: { withdrawn: false, signedOut: false, offline: false, gone: false, over: false },
  observers: {
    error(/** @type {any} */ error) {
      if (!error) return
      this.setData({
        withdrawn: error.code === 'privacy_withdrawn',
        signedOut: error.status === 401,
        offline: !isOnline() && !error.status,
        over: error.status === 410,
        gone: error.status === 404 || error.status === 410,
      })
    },
  },
  methods: {
    retry() {
      this.triggerEvent('retry')
    },
    async signIn() {
      if (await attempt(signInOrAgree)) this.triggerEvent('retry')
    },
    privacy() {
      go('/packages/me/privacy/privacy')
    },
    home() {
      wx.reLaunch({ url: '/pages/home/home' })
    },
  },
})
