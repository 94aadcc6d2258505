/** 授权 → 承诺书 → 材料 → 核验 → 邮寄 → 评价: what is done, what is now. */
Component({
  properties: {
    steps: { type: Array, value: /** @type {{key: string, title: string, done: boolean}[]} */ ([]) },
  },
  data: { now: -1 },
  observers: {
    steps(/** @type {{done: boolean}[]} */ steps) {
      this.setData({ now: steps.findIndex((step) => !step.done) })
    },
  },
})
