import { serverNow } from '../../shared/clock.js'
import { countdownText } from '../../shared/words.js'

/** A ring that runs out at `until` (milliseconds by the server's clock). Tells `end`, once. */
Component({
  properties: {
    until: { type: Number, value: 0 },
    /** the whole, in milliseconds */
    total: { type: Number, value: 120000 },
  },
  data: { text: '', share: 1, late: false },
  observers: {
    until() {
      this.run()
    },
  },
  lifetimes: {
    detached() {
      this.rest()
    },
  },
  pageLifetimes: {
    show() {
      this.run() // a phone in the pocket stops its timers
    },
  },
  methods: {
    rest() {
      clearTimeout(/** @type {any} */ (this).timer)
    },
    run() {
      this.rest()
      if (!this.data.until) return
      const left = Math.max(0, Math.min(this.data.total, this.data.until - serverNow()))
      const share = left / this.data.total
      this.setData({ text: countdownText(left), share: Math.round(share * 1000) / 1000, late: share < 0.25 })
      if (left > 0) /** @type {any} */ (this).timer = setTimeout(() => this.run(), 1000 - ((1000 - (left % 1000)) % 1000) + 5)
      else this.triggerEvent('end')
    },
  },
})
