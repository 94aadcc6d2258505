/** What a page is for, and the first step (in the slot). */
Component({
  properties: {
    title: { type: String, value: '' },
    text: { type: String, value: '' },
    /** empty, error or offline */
    kind: { type: String, value: 'empty' },
  },
})
