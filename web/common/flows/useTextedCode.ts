import { computed, onScopeDispose, reactive, ref, type Ref } from 'vue'
import { useClient } from '../client'

/** A phone number and the code texted to it: asking for one, and how long until another may be asked for. */
export function useTextedCode(fault: Ref<string>) {
  const { api } = useClient()
  const form = reactive({ phone: '', code: '' })
  const wait = ref(0)
  const sandbox = ref('')
  const phoneOk = computed(() => /^1[3-9]\d{9}$/.test(form.phone))
  let timer: ReturnType<typeof setInterval> | undefined
  onScopeDispose(() => clearInterval(timer))

  async function send() {
    fault.value = phoneOk.value ? '' : '请填写 11 位手机号'
    if (fault.value) return
    try {
      const reply = await api.requestCode(form.phone)
      sandbox.value = reply.sandbox_code ?? ''
      wait.value = reply.wait_seconds ?? 60
      clearInterval(timer)
      timer = setInterval(() => (wait.value -= 1) <= 0 && clearInterval(timer), 1000)
    } catch (error) {
      fault.value = (error as Error).message
    }
  }

  /** Says what is missing; true when number and code can be sent. */
  function complete(): boolean {
    fault.value = phoneOk.value && /^\d{6}$/.test(form.code) ? '' : '请填写手机号和 6 位验证码'
    return !fault.value
  }

  return { form, wait, sandbox, send, complete }
}
