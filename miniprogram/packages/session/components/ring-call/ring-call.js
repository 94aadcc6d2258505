import { serverNow } from '../../../../shared/clock.js'

const SOUND = '/packages/session/components/ring-call/ring.wav'

/** The agent calls: over the whole screen, with sound and vibration, until answered, declined or over. Tells `answer`, `decline`. */
Component({
  properties: {
    name: { type: String, value: '客服' },
    number: { type: String, value: '' },
    /** ISO time by which the ring ends */
    until: { type: String, value: '' },
    busy: { type: Boolean, value: false },
  },
  data: { left: -1 },
  lifetimes: {
    attached() {
      this.ring()
    },
    detached() {
      this.rest()
    },
  },
  pageLifetimes: {
    show() {
      this.ring()
    },
    hide() {
      this.rest()
    },
  },
  methods: {
    ring() {
      this.rest()
      const self = /** @type {any} */ (this)
      self.sound = wx.createInnerAudioContext()
      self.sound.src = SOUND
      self.sound.loop = true
      self.sound.play()
      const beat = () => {
        const left = this.data.until ? Math.max(0, Math.ceil((new Date(this.data.until).getTime() - serverNow()) / 1000)) : -1
        if (left !== this.data.left) this.setData({ left })
        if (left !== 0 && left % 2 === 0) wx.vibrateLong({ fail() {} })
      }
      beat()
      self.timer = setInterval(beat, 1000)
    },
    rest() {
      const self = /** @type {any} */ (this)
      clearInterval(self.timer)
      self.sound?.stop()
      self.sound?.destroy()
      self.sound = null
    },
    answer() {
      if (!this.data.busy) this.triggerEvent('answer')
    },
    decline() {
      if (!this.data.busy) this.triggerEvent('decline')
    },
    still() {},
  },
})
