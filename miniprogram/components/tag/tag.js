Component({
  properties: {
    /** plain, brand, ok, warn or bad: the meaning, not the colour. */
    tone: { type: String, value: 'plain' },
  },
})
