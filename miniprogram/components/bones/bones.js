/** A skeleton in the shape of what is coming: lines, cards or chips. */
Component({
  properties: {
    kind: { type: String, value: 'lines' },
    rows: { type: Number, value: 3 },
  },
})
