import { computed, ref } from 'vue'
import { useRouter } from 'vue-router'
import { useClient } from '../client'
import { useVoice } from '../notify'
import { useLoad } from '../useLoad'

export interface Policy {
  title: string
  version: string
  since: string
  body: string
}

export interface Receipt {
  id: string
  title: string
  version: string
  entry: string
  given_at: string
  withdrawn_at: string | null
}

export interface MyPrivacy {
  state: 'given' | 'needed' | 'withdrawn'
  version: string
  receipts: Receipt[]
}

export const ENTRIES: Record<string, string> = { pc: '电脑门户', h5: '手机网页', mp: '小程序', oa: '公众号', ishenzhen: 'i深圳', phone: '手机接入' }

/** The policy, my consent with its receipts, giving it and taking it back. PIPL 14–16. */
export function usePrivacy() {
  const { api, auth } = useClient()
  const { ask, attempt, say } = useVoice()
  const router = useRouter()
  const policy = useLoad<Policy>(() => api.get('/privacy'))
  const signedIn = computed(() => auth.state.person !== null)
  const mine = useLoad<MyPrivacy>(() => api.get('/me/privacy'), { immediate: signedIn.value })
  const busy = ref(false)

  /** True when the consent is noted. */
  async function give(): Promise<boolean> {
    busy.value = true
    const done = await attempt<MyPrivacy>(() => api.post('/me/privacy', { version: policy.data?.version }), '已记录您的同意')
    busy.value = false
    if (!done) return false
    mine.data = done
    if (auth.state.person) auth.update({ ...auth.state.person, privacy: 'given' })
    return true
  }

  async function withdraw() {
    const text = '撤回后，所有设备立即退出登录，不能登录和新增预约；已有的预约和办理记录依法保存。重新同意后可继续使用。'
    if (!(await ask({ title: '撤回隐私授权？', text, yes: '撤回并退出', danger: true }))) return
    if ((await attempt(() => api.command('DELETE', '/me/privacy').then(() => true))) !== true) return
    await auth.signOut()
    say('info', '已撤回授权并退出登录')
    await router.replace('/')
  }

  return { policy, mine, signedIn, busy, give, withdraw }
}
