/** Loading, failed, offline and ready of one piece of data (services/page.js, Load), the same on every page. */
Component({
  properties: {
    load: { type: Object, value: { state: 'loading', data: null, error: null } },
    bones: { type: String, value: 'lines' },
    rows: { type: Number, value: 3 },
  },
  methods: {
    retry() {
      this.triggerEvent('retry')
    },
  },
})
