import { computed, reactive, ref } from 'vue'
import { useRouter } from 'vue-router'
import type { ApiError } from '@shared/api.js'
import { useClient } from '../client'
import { useVoice } from '../notify'
import { useLoad } from '../useLoad'
import { useTextedCode } from './useTextedCode'

export interface Login {
  id: string
  entry: string
  browser: string
  system: string
  last_seen_at: string
  current: boolean
}

export const LEVELS = ['未认证', '已填写姓名', '已实名', '已实人']
const CHECKED_IN_PERSON = 3

/** 我的: name and citizen number, the phone number, where I am signed in, signing out. */
export function useMe() {
  const { api, auth } = useClient()
  const { ask, say } = useVoice()
  const router = useRouter()
  const person = computed(() => auth.state.person)
  const level = computed(() => person.value?.real_name_level ?? 0)
  const form = reactive({ real_name: '', id_number: '' })
  const fault = ref('')
  const busy = ref(false)
  const logins = useLoad<{ items: Login[] }>(() => api.get('/me/logins'))

  async function save() {
    fault.value = ''
    busy.value = true
    try {
      const number = form.id_number.trim()
      auth.update(await api.updateMe({ real_name: form.real_name.trim(), ...(number && { id_number: number }) }))
      form.real_name = form.id_number = ''
      say('success', '已保存')
    } catch (error) {
      fault.value = (error as Error).message
    } finally {
      busy.value = false
    }
  }

  async function signOut() {
    await auth.signOut()
    await router.replace('/')
  }

  async function signOutEverywhere() {
    const text = '包括手机、电脑、小程序在内，所有设备都需要重新登录。未完成的业务不受影响。'
    if (!(await ask({ title: '退出全部设备？', text, yes: '全部退出', danger: true }))) return
    try {
      await api.post('/me/logout-everywhere')
    } catch (error) {
      say('error', (error as Error).message)
      return
    }
    await signOut()
  }

  const fixed = computed(() => level.value >= CHECKED_IN_PERSON)
  return { person, level, fixed, form, fault, busy, logins, save, signOut, signOutEverywhere, phone: useBindPhone() }
}

/** Attaching a phone number. It may be one of an account I already have: then its name is asked for. Pain P45. */
function useBindPhone() {
  const { api, auth } = useClient()
  const { say } = useVoice()
  const fault = ref('')
  const busy = ref(false)
  const proof = ref('') // the number is proven; only the name is missing
  const name = ref('')
  const code = useTextedCode(fault)

  async function bind() {
    if (!proof.value && !code.complete()) return
    busy.value = true
    fault.value = ''
    try {
      const said = proof.value ? { proof: proof.value, real_name: name.value.trim() } : { ...code.form }
      auth.adopt(await api.post('/me/phone', said))
      proof.value = ''
      say('success', '手机号已绑定')
    } catch (error) {
      const refusal = error as ApiError
      proof.value = refusal.details?.proof ?? ''
      fault.value = refusal.message
    } finally {
      busy.value = false
    }
  }

  return { ...code, fault, busy, proof, name, bind }
}
