/** A half-screen sheet from the bottom: title, content, buttons in the slot `foot`. Tells `close`. */
Component({
  options: { multipleSlots: true },
  properties: {
    show: { type: Boolean, value: false },
    title: { type: String, value: '' },
    tall: { type: Boolean, value: false },
    /** false where an answer is needed */
    closable: { type: Boolean, value: true },
  },
  methods: {
    close() {
      this.triggerEvent('close')
    },
    scrim() {
      if (this.data.closable) this.close()
    },
    still() {},
  },
})
