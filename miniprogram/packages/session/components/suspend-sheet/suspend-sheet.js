const REASONS = ['材料准备不全', '需要回去取原件', '临时有事，稍后继续', '网络或设备不方便']

/** 会话挂起: why, and what is still missing. Tells `suspend` with both, and `close`. Guide row S44. */
Component({
  properties: {
    show: { type: Boolean, value: false },
    /** names of the materials still wanted */
    names: { type: Array, value: /** @type {string[]} */ ([]) },
    busy: { type: Boolean, value: false },
  },
  data: { reasons: REASONS, reason: REASONS[0], missing: /** @type {{name: string, on: boolean}[]} */ ([]) },
  observers: {
    show(/** @type {boolean} */ show) {
      if (show) this.setData({ reason: REASONS[0], missing: this.data.names.map((name) => ({ name, on: false })) })
    },
  },
  methods: {
    /** @param {any} event */
    choose({ currentTarget: { dataset } }) {
      this.setData({ reason: dataset.reason })
    },
    /** @param {any} event */
    toggle({ currentTarget: { dataset } }) {
      this.setData({ [`missing[${dataset.index}].on`]: !this.data.missing[dataset.index].on })
    },
    confirm() {
      const { reason, missing } = this.data
      this.triggerEvent('suspend', { reason, missing: missing.filter(({ on }) => on).map(({ name }) => name) })
    },
    close() {
      this.triggerEvent('close')
    },
  },
})
