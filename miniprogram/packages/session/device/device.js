import { api } from '../../../services/api.js'
import { definePage } from '../../../services/page.js'
import { mend, reasonOf } from '../../../services/permission.js'
import { loudness } from './sound.js'

const LISTEN_MS = 60_000
const BARS = 16
const WORDS = { unknown: '未检测', checking: '检测中', ok: '正常', refused: '未允许', failed: '打不开', weak: '较弱', none: '无网络' }
const TONES = { ok: 'ok', refused: 'bad', failed: 'bad', weak: 'warn', none: 'bad' }
const NETWORKS = { wifi: 'Wi-Fi', '5g': '5G', '4g': '4G', '3g': '3G', '2g': '2G', none: '没有网络', unknown: '网络' }
const HINTS = {
  camera: { ok: '能看到自己即为正常', refused: '请允许使用摄像头；不允许也可以文字办理。', failed: '请关闭正在使用摄像头的其他程序后重试。' },
  microphone: { ok: '说句话，绿色条跳动即为正常', refused: '请允许使用麦克风；不允许也可以文字办理。', failed: '请结束通话或关闭录音程序后重试。' },
  network: { ok: '适合视频通话', weak: '画面可能不清楚，建议换到 Wi-Fi 或 4G/5G', none: '请连接网络后重试' },
}

/** @param {'camera'|'microphone'|'network'} kind @param {string} state @param {string} [name] */
const row = (kind, state, name) => ({
  kind,
  name: name ?? { camera: '摄像头', microphone: '麦克风', network: '网络' }[kind],
  state,
  word: /** @type {any} */ (WORDS)[state],
  tone: /** @type {any} */ (TONES)[state] ?? 'plain',
  hint: /** @type {any} */ (HINTS)[kind][state] ?? '',
})

/** Before the call: own picture, loudness, network, and what to do when one is missing. Guide row S29. */
definePage({
  data: { id: '', camera: row('camera', 'unknown'), microphone: row('microphone', 'unknown'), network: row('network', 'unknown'), checking: false, checked: false, level: 0, bars: Array.from({ length: BARS }, (_, i) => i), front: true },

  /** @param {{id?: string}} query */
  onLoad({ id = '' }) {
    this.setData({ id })
    this.lookAtNetwork()
    const heard = () => this.lookAtNetwork()
    wx.onNetworkStatusChange(heard)
    this.cleanup(() => wx.offNetworkStatusChange(heard))
  },
  onHide() {
    this.deaf()
  },
  onUnload() {
    this.deaf()
  },

  async start() {
    if (this.data.checking) return
    this.setData({ checking: true, camera: row('camera', 'checking'), microphone: row('microphone', 'checking') })
    await this.lookAtNetwork()
    this.setData({ camera: row('camera', await this.allowed('scope.camera', '使用摄像头')) })
    const heard = await this.allowed('scope.record', '使用麦克风')
    this.setData({ microphone: row('microphone', heard) })
    if (heard === 'ok') this.listen()
    this.setData({ checking: false, checked: true })
    this.report()
  },
  /** @param {string} scope @param {string} what @returns {Promise<'ok'|'refused'|'failed'>} */
  async allowed(scope, what) {
    const ask = () => new Promise((success, fail) => wx.authorize({ scope, success, fail }))
    try {
      await ask()
      return 'ok'
    } catch (error) {
      const again = await mend(error, { scope, what, instead: '不允许也可以继续文字办理。' })
      if (again) return ask().then(() => /** @type {const} */ ('ok'), () => /** @type {const} */ ('refused'))
      return reasonOf(error) === 'other' ? 'failed' : 'refused'
    }
  },
  listen() {
    this.deaf()
    this.recorder = wx.getRecorderManager()
    this.recorder.onFrameRecorded((/** @type {any} */ { frameBuffer }) => {
      const level = Math.ceil((loudness(frameBuffer) / 100) * BARS)
      if (level !== this.data.level) this.setData({ level })
    })
    this.recorder.onError(() => this.setData({ microphone: row('microphone', 'failed'), level: 0 }))
    this.recorder.start({ duration: LISTEN_MS, format: 'PCM', sampleRate: 16000, numberOfChannels: 1, frameSize: 2 })
  },
  deaf() {
    this.recorder?.stop()
    this.recorder = null
    if (this.data.level) this.setData({ level: 0 })
  },
  cameraFailed() {
    this.setData({ camera: row('camera', 'failed') })
    this.report()
  },
  flip() {
    this.setData({ front: !this.data.front })
  },
  lookAtNetwork() {
    return new Promise((done) =>
      wx.getNetworkType({
        success: ({ networkType }) => {
          const state = networkType === 'none' ? 'none' : ['2g', '3g'].includes(networkType) ? 'weak' : 'ok'
          this.setData({ network: row('network', state, `网络（${/** @type {any} */ (NETWORKS)[networkType] ?? networkType}）`) })
          this.kind = networkType
        },
        complete: () => done(undefined),
      }),
    )
  },
  /** The agent sees why there is no picture. */
  report() {
    const { id, camera, microphone } = this.data
    if (!id) return
    const told = (/** @type {string} */ state) => (state === 'ok' ? 'ok' : state === 'refused' ? 'refused' : 'failed')
    api.devices(id, { camera: told(camera.state), microphone: told(microphone.state), network: String(this.kind ?? 'unknown'), browser: 'WeChat mini-program' }).catch(() => {})
  },
  back() {
    if (getCurrentPages().length > 1) wx.navigateBack({ delta: 1 })
    else wx.reLaunch({ url: '/pages/home/home' })
  },
})
