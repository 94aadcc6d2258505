/** One line of a list: what, a note below it, a value, an arrow when it leads somewhere. Tapped on the element itself. */
Component({
  properties: {
    icon: { type: String, value: '' },
    title: { type: String, value: '' },
    note: { type: String, value: '' },
    value: { type: String, value: '' },
    link: { type: Boolean, value: false },
  },
})
