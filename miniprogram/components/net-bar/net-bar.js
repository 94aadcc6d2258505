/** One line at the top when the network or the live connection is away. Tells `takeback`. */
Component({
  properties: {
    offline: { type: Boolean, value: false },
    /** state of the session's socket, on pages that have one */
    connection: { type: String, value: '' },
  },
  methods: {
    takeBack() {
      this.triggerEvent('takeback')
    },
  },
})
