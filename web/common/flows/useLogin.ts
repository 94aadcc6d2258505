import { computed, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { localPath } from '../auth'
import { useClient } from '../client'
import { useLoad } from '../useLoad'
import { useTextedCode } from './useTextedCode'

interface Doors {
  wechat: boolean
  gov: boolean
  ishenzhen: boolean
  privacy_version: string
}

/** What brought a browser back here without a login, in words; the address names the server's code. */
const REFUSED: Record<string, string> = {
  wechat_refused: '微信登录没有完成，请重试或换一种方式登录',
  wechat_snapshot_user: '当前为微信快照页，请点击右下角“使用完整服务”后再登录',
  wechat_unavailable: '微信服务暂时不可用，请稍后再试或用手机号登录',
  gov_refused: '统一身份认证没有完成，请重试或换一种方式登录',
  gov_unavailable: '统一身份认证平台暂时不可用，请稍后再试或换一种方式登录',
  ishenzhen_refused: '从 i深圳 进入没有成功，请返回 i深圳 重新进入，或在此登录',
  ishenzhen_unavailable: 'i深圳 暂时没有回应，请稍后重新进入，或在此登录',
  name_conflict: '您的手机号在本站登记为另一姓名，请核对或到窗口办理',
  phone_taken: '您在本站有两个不同手机号的账号，请用原手机号登录或到窗口办理',
  id_number_taken: '您的证件号码已绑定另一账号，请用原来的方式登录或到窗口办理',
  session_open: '您的两个账号都有正在办理的会话，请先结束其中一个再登录',
  privacy_withdrawn: '您已撤回隐私授权，勾选同意隐私政策后可重新登录',
  privacy_changed: '隐私政策已更新，请阅读后重新同意',
  login_expired: '登录已失效，请重新登录',
}
const MUST_AGREE = '请先阅读并勾选同意《隐私政策》'

/**
 * Sign-in by a texted code, through WeChat or the identity platform; each takes the consent along. Rows S3, S34.
 * `base` is where the pages live: the way back of a trip is a path of the whole site.
 */
export function useLogin(base: '' | '/m') {
  const { api, auth } = useClient()
  const route = useRoute()
  const router = useRouter()
  const next = computed(() => localPath(route.query.next))
  const error = route.query.error
  const fault = ref(error ? (REFUSED[String(error)] ?? '登录没有完成，请重试或换一种方式登录') : '')
  const agreed = ref(false)
  const busy = ref(false)
  const code = useTextedCode(fault)
  const doors = useLoad<Doors>(() => api.get('/auth/doors'))
  const consent = computed(() => doors.data?.privacy_version)

  watch(agreed, (on) => on && fault.value === MUST_AGREE && (fault.value = ''))

  /** The address of another platform's sign-in page. */
  const door = (start: string) => {
    const query = new URLSearchParams({ next: base + next.value, ...(consent.value && { privacy: consent.value }) })
    return `/api/auth/${start}?${query}`
  }
  const wechat = computed(() => door('wechat/oa/start'))
  const gov = computed(() => door('gov/start'))

  /** No trip to another platform before the policy was agreed to. */
  function guard(event: Event) {
    if (agreed.value) return
    event.preventDefault()
    fault.value = MUST_AGREE
  }

  async function signIn() {
    if (!code.complete()) return
    if (!agreed.value) {
      fault.value = MUST_AGREE
      return
    }
    busy.value = true
    try {
      auth.adopt(await api.post('/auth/phone', { ...code.form, privacy: consent.value ?? (await api.get('/privacy')).version }))
      await arrived()
    } catch (problem) {
      fault.value = (problem as Error).message
    } finally {
      busy.value = false
    }
  }

  const arrived = () => router.replace(next.value)

  return { ...code, doors, wechat, gov, agreed, fault, busy, guard, signIn, arrived }
}
