import { createRouter, createWebHistory } from 'vue-router'
import { client } from './client'

declare module 'vue-router' {
  interface RouteMeta {
    title?: string
    /** Needs a login. */
    own?: boolean
    /** Fills the window: no header, no footer. */
    full?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory('/'),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', component: () => import('./pages/Home.vue'), meta: { title: '首页' } },
    { path: '/items', component: () => import('./pages/Items.vue'), meta: { title: '办事事项' } },
    { path: '/items/:id/book', component: () => import('./pages/Book.vue'), props: true, meta: { title: '预约', own: true } },
    { path: '/booked/:id', component: () => import('./pages/Booked.vue'), props: true, meta: { title: '预约成功', own: true } },
    { path: '/bookings', component: () => import('./pages/Bookings.vue'), meta: { title: '我的预约记录', own: true } },
    { path: '/session/:id', component: () => import('./pages/Room.vue'), props: true, meta: { title: '视频办理', own: true, full: true } },
    { path: '/me', component: () => import('./pages/Me.vue'), meta: { title: '个人信息', own: true } },
    { path: '/privacy', component: () => import('./pages/Privacy.vue'), meta: { title: '隐私与授权' } },
    { path: '/notices', component: () => import('./pages/Notices.vue'), meta: { title: '我的通知', own: true } },
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
  document.title = to.meta.title === '首页' ? '信用+视频办专区' : `${to.meta.title} - 信用+视频办`
})
