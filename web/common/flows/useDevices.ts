import { onScopeDispose, ref, shallowRef } from 'vue'
import { checkDevices, type DeviceCheck, type DeviceReport } from '../call'

/** Camera and microphone check before the session: own picture, loudness, what is missing. Guide row S29. */
export function useDevices(onReport?: (report: DeviceReport) => void) {
  const report = shallowRef<DeviceReport | null>(null)
  const stream = shallowRef<MediaStream | null>(null)
  const level = ref(0)
  const checking = ref(false)
  let check: DeviceCheck | null = null
  let meter: ReturnType<typeof setInterval> | undefined

  function stop() {
    clearInterval(meter)
    check?.stop()
    check = null
    stream.value = null
    level.value = 0
  }

  async function start() {
    if (checking.value) return
    stop()
    checking.value = true
    try {
      check = await checkDevices()
    } finally {
      checking.value = false
    }
    report.value = check.report
    stream.value = check.stream
    meter = setInterval(() => (level.value = check?.level() ?? 0), 120)
    onReport?.(check.report)
  }

  onScopeDispose(stop)
  return { report, stream, level, checking, start, stop }
}
