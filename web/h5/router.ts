import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw } from 'vue-router'
import type { ApiError } from '@shared/api.js'
import Home from './pages/Home.vue'
import { client } from './client'

declare module 'vue-router' {
  interface RouteMeta {
    title?: string
    /** Needs a login. */
    own?: boolean
    /** Shows the tab bar. */
    tab?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory('/m/'),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', component: Home, meta: { title: '信用+视频办', tab: true } },
    { path: '/items', component: () => import('./pages/Items.vue'), meta: { title: '视频办预约' } },
    { path: '/items/:id', redirect: (to) => ({ path: '/items', query: { ...to.query, open: to.params.id } }) }, // the code on a poster
    { path: '/items/:id/book', component: () => import('./pages/Book.vue'), props: true, meta: { title: '我要预约', own: true } },
    { path: '/booked/:id', component: () => import('./pages/Booked.vue'), props: true, meta: { title: '预约成功', own: true } },
    { path: '/bookings', component: () => import('./pages/Bookings.vue'), meta: { title: '预约记录', own: true, tab: true } },
    { path: '/gate/:id', component: () => import('./pages/Gate.vue'), props: true, meta: { title: '确认授权', own: true } },
    { path: '/session/:id', component: () => import('./pages/Room.vue'), props: true, meta: { title: '视频办理', own: true } },
    { path: '/notices', component: () => import('./pages/Notices.vue'), meta: { title: '我的通知', own: true } },
    { path: '/h/:ticket', component: () => import('./pages/Handover.vue'), props: true, meta: { title: '手机接入' } },
    { path: '/handover', component: () => import('./pages/Handover.vue'), props: (route) => ({ ticket: String(route.query.t ?? '') }), meta: { title: '手机接入' } },
    { path: '/me', component: () => import('./pages/Me.vue'), meta: { title: '我的', own: true, tab: true } },
    { path: '/scan/:token', component: () => import('./pages/Scan.vue'), props: true, meta: { title: '登录确认', own: true } },
    { path: '/privacy', component: () => import('./pages/Privacy.vue'), meta: { title: '隐私与授权' } },
    { path: '/login', component: () => import('./pages/Login.vue'), meta: { title: '登录' } },
    { path: '/:rest(.*)*', component: () => import('./pages/Missing.vue'), meta: { title: '页面不存在' } },
  ],
})

/** The i深圳 app opened us with a one-time code: it leaves the address whatever comes of it. Row S34. */
async function enterFromIshenzhen(to: RouteLocationNormalized): Promise<RouteLocationRaw> {
  const { from: _from, code, ...query } = to.query
  try {
    const person = client.auth.adopt(await client.api.post('/auth/ishenzhen', { code: String(code) }))
    if (person.privacy !== 'given') return { path: '/privacy', query: { next: router.resolve({ path: to.path, query }).fullPath }, replace: true }
    return { path: to.path, query, replace: true }
  } catch (error) {
    return { path: '/login', query: { next: to.path, error: (error as ApiError).code }, replace: true }
  }
}

/** In WeChat's own browser a scanned code needs no form: WeChat says who it is and comes back here. */
const IN_WECHAT = /MicroMessenger/.test(navigator.userAgent) && !/miniProgram/.test(navigator.userAgent)

router.beforeEach(async (to) => {
  if (to.query.from === 'ishenzhen' && to.query.code) return enterFromIshenzhen(to)
  const signedIn = await client.auth.restore().catch(() => client.auth.state.person !== null)
  if (to.meta.own && !signedIn && IN_WECHAT && to.path.startsWith('/scan/')) {
    location.replace(`/api/auth/wechat/oa/start?next=${encodeURIComponent('/m' + to.fullPath)}`)
    return false
  }
  if (to.meta.own && !signedIn) return { path: '/login', query: { next: to.fullPath } }
  return true
})

router.afterEach((to) => {
  document.title = to.meta.title ?? '信用+视频办'
})
