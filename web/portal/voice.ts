import { DialogPlugin, MessagePlugin } from 'tdesign-vue-next'
import type { Voice } from '@common/notify'

export const voice: Voice = {
  say(kind, text) {
    void MessagePlugin[kind]({ content: text, duration: kind === 'error' ? 6000 : 3000, closeBtn: kind === 'error' })
  },
  ask: ({ title, text, yes, no = '取消', danger }) =>
    new Promise((resolve) => {
      const dialog = DialogPlugin.confirm({
        header: title,
        body: text ?? '',
        confirmBtn: { content: yes, theme: danger ? 'danger' : 'primary', 'data-test': 'ask-yes' } as any,
        cancelBtn: no,
        onConfirm: () => end(true),
        onClose: () => end(false),
      })
      function end(answer: boolean) {
        dialog.destroy()
        resolve(answer)
      }
    }),
}
