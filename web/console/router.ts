import { createRouter, createWebHistory } from 'vue-router'
import type { Auth, Person } from '@common/auth'

const has = (person: Person | null, ...roles: string[]) => roles.some((role) => person?.roles?.includes(role))

/** Where someone belongs: agents to their desk, others to the floor. */
export function homeOf(person: Person | null): string {
  if (has(person, 'agent')) return '/'
  return has(person, 'supervisor', 'admin') ? '/floor' : '/'
}

export function createConsoleRouter(auth: Auth) {
  const router = createRouter({
    history: createWebHistory('/console/'),
    routes: [
      { path: '/', component: () => import('./pages/Desk.vue'), meta: { title: '工作台', roles: ['agent'] } },
      { path: '/floor', component: () => import('./pages/Floor.vue'), meta: { title: '坐席总览', roles: ['supervisor', 'admin'] } },
      { path: '/sessions', component: () => import('./pages/Sessions.vue'), meta: { title: '会话记录' } },
      { path: '/admin', component: () => import('./pages/Admin.vue'), meta: { title: '系统管理', roles: ['admin'] } },
      { path: '/sign-in', component: () => import('./pages/SignIn.vue'), meta: { title: '登录', open: true } },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })
  router.beforeEach(async (to) => {
    const signedIn = await auth.restore().catch(() => false)
    if (to.meta.open) return signedIn ? homeOf(auth.state.person) : true
    if (!signedIn) return { path: '/sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
    const roles = to.meta.roles as string[] | undefined
    if (roles && !has(auth.state.person, ...roles)) {
      const home = homeOf(auth.state.person)
      return home === to.path ? true : home
    }
    return true
  })
  router.afterEach((to) => {
    document.title = `${to.meta.title} · 视频办客服工作台`
  })
  return router
}
