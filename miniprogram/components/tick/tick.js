/** A box to tick with its sentence. Tapped on the element itself; the page keeps the state. */
Component({
  properties: {
    checked: { type: Boolean, value: false },
    text: { type: String, value: '' },
  },
})
