import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import { TDesignResolver } from 'unplugin-vue-components/resolvers'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Which page answers which address; the back end's page server follows the same table. */
const pages: [prefix: RegExp, page: string][] = [
  [/^\/m(\/|$)/, '/h5/index.html'],
  [/^\/console(\/|$)/, '/console/index.html'],
  [/^\/s\//, '/sign/index.html'],
  [/^\//, '/portal/index.html'],
]

/** In development, sends page navigations to their entry as the back end does in production. */
function pageRoutes(): Plugin {
  return {
    name: 'page-routes',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const wantsPage = request.headers.accept?.includes('text/html') && !request.url?.includes('.html')
        if (wantsPage && request.url && !/^\/(api|ws)/.test(request.url)) {
          request.url = pages.find(([prefix]) => prefix.test(request.url!))![1]
        }
        next()
      })
    },
  }
}

/** PAGES=portal,h5 builds these alone, for a quick look; without it all four are built. */
const wanted = process.env.PAGES?.split(',') ?? ['portal', 'h5', 'console', 'sign']

const backend = process.env.API_TARGET ?? 'http://127.0.0.1:8000'

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: here('./public'),
  resolve: {
    alias: {
      '@common': here('./common'),
      '@shared': here('../miniprogram/shared'),
    },
  },
  plugins: [
    vue(),
    // TDesign by component: <t-button> means the PC library in portal and console, the phone library in h5.
    components({ include: [/\/web\/(portal|console)\/.*\.vue/], dirs: [], dts: false, resolvers: [TDesignResolver({ library: 'vue-next' })] }),
    components({ include: [/\/web\/h5\/.*\.vue/], dirs: [], dts: false, resolvers: [TDesignResolver({ library: 'mobile-vue' })] }),
    pageRoutes(),
  ],
  server: {
    port: 5173,
    fs: { allow: [here('..')] },
    proxy: {
      '/api': { target: backend },
      '/ws': { target: backend, ws: true },
    },
  },
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2020',
    cssTarget: 'chrome87',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      input: Object.fromEntries(wanted.map((page) => [page, here(`./${page}/index.html`)])),
    },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    env: { TZ: 'America/New_York' },
  },
})
