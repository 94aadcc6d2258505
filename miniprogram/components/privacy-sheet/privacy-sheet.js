import { offerSheet, privacyState } from '../../services/privacy.js'

/** WeChat's privacy consent, asked by our own sheet before the first private interface on this page. */
Component({
  data: { show: false, name: '《隐私保护指引》' },
  lifetimes: {
    attached() {
      const self = /** @type {any} */ (this)
      self.end = offerSheet((resolve) => {
        self.resolve = resolve
        privacyState().then(({ name }) => this.setData({ show: true, name: name || '《隐私保护指引》' }))
      })
    },
    detached() {
      const self = /** @type {any} */ (this)
      self.end()
      self.resolve?.({ event: 'disagree' })
    },
  },
  methods: {
    /** @param {{event: 'agree'|'disagree', buttonId?: string}} answer */
    answer(answer) {
      const self = /** @type {any} */ (this)
      this.setData({ show: false })
      self.resolve?.(answer)
      self.resolve = null
    },
    agree() {
      this.answer({ event: 'agree', buttonId: 'agree-privacy' })
    },
    refuse() {
      this.answer({ event: 'disagree' })
    },
    read() {
      if (wx.canIUse('openPrivacyContract')) wx.openPrivacyContract({})
    },
  },
})
