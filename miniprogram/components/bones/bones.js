/** A skeleton in the shape of what is coming: lines, cards or chips. */
Component({
  properties: {
    kind: { type: String, value: 'lines' },
    rows: { type: Number, value: 3 },
  },
  data: { list: [0, 1, 2] },
  observers: {
    rows(/** @type {number} */ rows) {
      this.setData({ list: Array.from({ length: rows }, (_, i) => i) })
    },
  },
})
