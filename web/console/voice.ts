import { DialogPlugin } from 'tdesign-vue-next/es/dialog'
import { MessagePlugin } from 'tdesign-vue-next/es/message'
import type { Voice } from '@common/notify'

export const voice: Voice = {
  say: (kind, text) => void MessagePlugin[kind]({ content: text, duration: kind === 'error' ? 5000 : 2500 }),
  ask: ({ title, text, yes, no = '取消', danger }) =>
    new Promise((answer) => {
      const dialog = DialogPlugin.confirm({
        header: title,
        body: text,
        confirmBtn: { content: yes, theme: danger ? 'danger' : 'primary' },
        cancelBtn: no,
        onConfirm: () => {
          dialog.destroy()
          answer(true)
        },
        onClose: () => {
          dialog.destroy()
          answer(false)
        },
      })
    }),
}
