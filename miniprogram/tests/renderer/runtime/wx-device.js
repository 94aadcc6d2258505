// The phone itself: its screen, its settings, sounds, the clipboard; and how the app was entered.

import { permitted } from './consent.js'
import { emit, off, on } from './world.js'

const listen = (...names) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const title = name[0].toUpperCase() + name.slice(1)
      return [['on' + title, (run) => on(name, run)], ['off' + title, (run) => off(name, run)]]
    }),
  )

const theme = () => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')

const windowInfo = () => {
  const area = document.querySelector('.screen.front .webview')?.getBoundingClientRect()
  return {
    pixelRatio: devicePixelRatio, screenWidth: innerWidth, screenHeight: innerHeight, windowWidth: innerWidth,
    windowHeight: area?.height ?? innerHeight - 44, statusBarHeight: 0, screenTop: area?.top ?? 44,
    safeArea: { top: 0, left: 0, right: innerWidth, bottom: innerHeight, width: innerWidth, height: innerHeight },
  }
}
const appBase = () => ({
  SDKVersion: '3.3.4', language: 'zh_CN', version: '8.0.49', theme: theme(), enableDebug: false,
  host: { env: 'WeChat', appId: '' }, fontSizeSetting: window['__mp'].fontSize ?? 17, fontSizeScaleFactor: (window['__mp'].fontSize ?? 17) / 17,
})
const device = () => ({ brand: 'Apple', model: 'iPhone 14', system: 'iOS 17.5', platform: 'ios', benchmarkLevel: 40, abi: 'arm64' })
const settings = () => ({ bluetoothEnabled: true, locationEnabled: true, wifiEnabled: true, deviceOrientation: 'portrait' })
const authorised = () => ({ cameraAuthorized: 'authorized', microphoneAuthorized: 'authorized', albumAuthorized: 'authorized', notificationAuthorized: 'authorized' })

const sound = () => new Proxy({}, { get: (own, name) => own[name] ?? (() => {}), set: (own, name, value) => ((own[name] = value), true) })
/** Hears a steady tone, when it may. */
function recorder() {
  const listeners = {}
  let timer
  const tell = (name, value) => listeners[name]?.(value)
  const tone = () => Int16Array.from({ length: 1024 }, (_, i) => 8000 * Math.sin(i / 5)).buffer
  const stop = () => (clearInterval(timer), tell('Stop', { tempFilePath: '', duration: 0, fileSize: 0 }))
  return {
    ...Object.fromEntries(['Start', 'Stop', 'Error', 'Pause', 'Resume', 'FrameRecorded', 'InterruptionBegin', 'InterruptionEnd'].map((name) => ['on' + name, (run) => (listeners[name] = run)])),
    async start({ duration = 60_000 } = {}) {
      try {
        await permitted('scope.record')
      } catch (error) {
        return tell('Error', { errMsg: `operateRecorder:fail ${error.message}` })
      }
      tell('Start', {})
      timer = setInterval(() => tell('FrameRecorded', { frameBuffer: tone(), isLastFrame: false }), 100)
      setTimeout(stop, duration)
    },
    stop,
    pause() {},
    resume() {},
  }
}

const log = () => ({ info() {}, warn() {}, error() {}, debug() {}, log() {}, setFilterMsg() {}, addFilterMsg() {}, in: log })

/** @param {{entered: any}} needs */
export function deviceApis({ entered }) {
  let clip = ''
  let last = entered
  on('appShow', (options) => (last = options))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => emit('themeChange', { theme: theme() }))
  window.addEventListener('resize', () => emit('windowResize', { size: { windowWidth: innerWidth, windowHeight: innerHeight } }))
  const quietly = () => {}
  return {
    sync: {
      ...listen('appShow', 'appHide', 'error', 'unhandledRejection', 'themeChange', 'memoryWarning', 'keyboardHeightChange', 'windowResize', 'userCaptureScreen', 'audioInterruptionBegin', 'audioInterruptionEnd', 'deviceOrientationChange'),
      getSystemInfoSync: () => ({ ...windowInfo(), ...appBase(), ...device(), ...settings(), ...authorised() }),
      getWindowInfo: windowInfo,
      getAppBaseInfo: appBase,
      getDeviceInfo: device,
      getSystemSetting: settings,
      getAppAuthorizeSetting: authorised,
      getLaunchOptionsSync: () => entered,
      getEnterOptionsSync: () => last,
      getAccountInfoSync: () => ({ miniProgram: { appId: 'touristappid', envVersion: 'develop', version: '' } }),
      getExtConfigSync: () => ({ base: location.origin }),
      getUpdateManager: () => ({ onCheckForUpdate() {}, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
      createInnerAudioContext: sound,
      getRecorderManager: recorder,
      getLogManager: log,
      getRealtimeLogManager: log,
      reportEvent: quietly,
      createOffscreenCanvas: ({ width = 300, height = 150 } = {}) => Object.assign(document.createElement('canvas'), { width, height, createImage: () => new Image() }),
    },
    later: {
      getSystemInfo: () => ({ ...windowInfo(), ...appBase(), ...device() }),
      getRandomValues: ({ length }) => ({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer }),
      setClipboardData: ({ data }) => void (clip = data),
      getClipboardData: () => ({ data: clip }),
      vibrateShort: quietly,
      vibrateLong: quietly,
      setKeepScreenOn: quietly,
      setVisualEffectOnCapture: quietly,
      hideKeyboard: () => /** @type {any} */ (document.activeElement)?.blur(),
      setInnerAudioOption: quietly,
      preloadSubpackage: quietly,
      setPageOrientation: quietly,
    },
  }
}
