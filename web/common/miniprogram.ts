// A page of ours inside the mini-program's web-view: WeChat's own script leads back to the mini-program below it.

const SCRIPT = 'https://res.wx.qq.com/open/js/jweixin-1.6.0.js'

type Mini = { navigateBack: (options?: { delta?: number }) => void }
const mini = () => (window as unknown as { wx?: { miniProgram?: Mini } }).wx?.miniProgram

/** Resolves with false outside of the mini-program, or when WeChat's script can't be had. */
async function loaded(): Promise<boolean> {
  if (mini()) return true
  return new Promise((done) => {
    const script = Object.assign(document.createElement('script'), { src: SCRIPT })
    script.onload = () => done(!!mini())
    script.onerror = () => done(false)
    document.head.append(script)
  })
}

/** Back to the page of the mini-program that opened this one; false when there is none. */
export async function backToMiniProgram(): Promise<boolean> {
  if (!(await loaded())) return false
  mini()?.navigateBack()
  return true
}
