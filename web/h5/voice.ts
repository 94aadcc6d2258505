import { DialogPlugin, ToastPlugin } from 'tdesign-mobile-vue'
import type { Voice } from '@common/notify'

export const voice: Voice = {
  say(kind, text) {
    // A toast with an icon holds few characters; a refusal is often a whole sentence.
    ToastPlugin({ message: text, theme: kind === 'success' && text.length <= 10 ? 'success' : undefined, duration: kind === 'error' ? 4000 : 2200 } as any)
  },
  ask: ({ title, text, yes, no = '取消', danger }) =>
    new Promise((resolve) => {
      DialogPlugin.confirm({
        title,
        content: text,
        confirmBtn: { content: yes, theme: danger ? 'danger' : 'primary', 'data-test': 'ask-yes' } as any,
        cancelBtn: no,
        onConfirm: () => resolve(true),
        onCancel: () => resolve(false),
        onOverlayClick: () => resolve(false),
      })
    }),
}
