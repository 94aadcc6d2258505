import { createRouter, createWebHistory } from 'vue-router'
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
    { path: '/items/:id/book', component: () => import('./pages/Book.vue'), props: true, meta: { title: '我要预约', own: true } },
    { path: '/booked/:id', component: () => import('./pages/Booked.vue'), props: true, meta: { title: '预约成功', own: true } },
    { path: '/bookings', component: () => import('./pages/Bookings.vue'), meta: { title: '预约记录', own: true, tab: true } },
    { path: '/gate/:id', component: () => import('./pages/Gate.vue'), props: true, meta: { title: '确认授权', own: true } },
    { path: '/session/:id', component: () => import('./pages/Room.vue'), props: true, meta: { title: '视频办理', own: true } },
    { path: '/h/:ticket', component: () => import('./pages/Handover.vue'), props: true, meta: { title: '手机接入' } },
    { path: '/handover', component: () => import('./pages/Handover.vue'), props: (route) => ({ ticket: String(route.query.t ?? '') }), meta: { title: '手机接入' } },
    { path: '/me', component: () => import('./pages/Me.vue'), meta: { title: '我的', own: true, tab: true } },
    { path: '/login', component: () => import('./pages/Login.vue'), meta: { title: '登录' } },
    { path: '/:rest(.*)*', component: () => import('./pages/Missing.vue'), meta: { title: '页面不存在' } },
  ],
})

router.beforeEach(async (to) => {
  const signedIn = await client.auth.restore().catch(() => client.auth.state.person !== null)
  if (to.meta.own && !signedIn) return { path: '/login', query: { next: to.fullPath } }
  return true
})

router.afterEach((to) => {
  document.title = to.meta.title ?? '信用+视频办'
})
