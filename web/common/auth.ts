import { reactive, readonly } from 'vue'

/** Who is signed in. Numbers come masked. */
export interface Person {
  id: string
  kind: 'applicant' | 'staff'
  name: string
  masked_name?: string | null
  masked_phone?: string | null
  masked_id_number?: string | null
  real_name_level?: number | null
  privacy?: 'given' | 'needed' | 'withdrawn' | null
  number?: string | null
  roles?: string[] | null
  region_code?: string | null
  scope?: string | null
}

export interface Tokens {
  access_token: string
  expires_in: number
  user: Person
}

export interface AuthPaths {
  refresh: string
  logout: string
}

export const APPLICANT_PATHS: AuthPaths = { refresh: '/api/auth/refresh', logout: '/api/auth/logout' }
export const STAFF_PATHS: AuthPaths = { refresh: '/api/auth/staff/refresh', logout: '/api/auth/staff/logout' }

/** Only a path of ours: never "//elsewhere" nor a "\\". */
export function localPath(asked: unknown, otherwise = '/'): string {
  const path = String(asked ?? '')
  return /^\/(?![/\\])[^\\\s]*$/.test(path) ? path : otherwise
}

/** Renew this long before the access token runs out. */
const MARGIN_MS = 30_000

/** Runs one at a time over all tabs of this browser: a refresh token works once. */
async function alone<T>(name: string, run: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request(name, run) : run()
}

/**
 * The login of one page. The access token lives in memory only; the refresh token is a cookie that scripts can't read.
 */
export function createAuth(client: string, paths: AuthPaths) {
  const state = reactive<{ person: Person | null; known: boolean }>({ person: null, known: false })
  let access: string | null = null
  let expiresAt = 0
  let refreshing: Promise<boolean> | null = null

  function adopt(tokens: Tokens): Person {
    access = tokens.access_token
    expiresAt = Date.now() + tokens.expires_in * 1000
    state.person = tokens.user
    state.known = true
    return tokens.user
  }

  function forget() {
    access = null
    expiresAt = 0
    state.person = null
    state.known = true
  }

  async function post(path: string): Promise<Response> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json', 'X-Client': client }
    if (access) headers.Authorization = `Bearer ${access}`
    return fetch(path, { method: 'POST', headers, body: '{}', credentials: 'same-origin' })
  }

  /** True when there is a login afterwards. A lost network is no sign-out: it rejects. */
  function refresh(): Promise<boolean> {
    refreshing ??= alone('refresh:' + paths.refresh, async () => {
      const reply = await post(paths.refresh)
      if (reply.ok) {
        adopt(await reply.json())
        return true
      }
      if (reply.status >= 500) throw new TypeError('refresh failed')
      forget()
      return false
    }).finally(() => (refreshing = null))
    return refreshing
  }

  return {
    client,
    state: readonly(state) as { person: Person | null; known: boolean },
    adopt,
    refresh,
    /** The first look after a page load: resolves to whether someone is signed in. */
    async restore(): Promise<boolean> {
      if (state.known) return state.person !== null
      return refresh()
    },
    /** A token that is still good, or null when nobody is signed in. */
    async token(): Promise<string | null> {
      if (access && Date.now() > expiresAt - MARGIN_MS) await refresh()
      return access
    },
    update(person: Person) {
      state.person = person
    },
    async signOut() {
      await post(paths.logout).catch(() => undefined)
      forget()
    },
  }
}

export type Auth = ReturnType<typeof createAuth>
