import { download } from '../../services/download.js'

/** A protected picture (a path of ours, fetched with the login) or one that lies on the phone. Tapped on the element itself. */
Component({
  properties: {
    path: { type: String, value: '' },
    mode: { type: String, value: 'aspectFill' },
    name: { type: String, value: '图片' },
  },
  data: { src: '', failed: false },
  observers: {
    path() {
      this.fetch()
    },
  },
  methods: {
    async fetch() {
      const path = this.data.path
      if (!path.startsWith('/api/')) return this.setData({ src: path, failed: false })
      this.setData({ failed: false })
      try {
        const src = await download(path)
        if (path === this.data.path) this.setData({ src })
      } catch {
        if (path === this.data.path) this.setData({ failed: true })
      }
    },
    broken() {
      this.setData({ src: '', failed: true })
    },
  },
})
