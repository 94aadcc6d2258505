import { onScopeDispose } from 'vue'

/** Closed dialogs stay in the document without a box of their own. */
function dialogIsOpen(): boolean {
  const dialogs = [...document.querySelectorAll('dialog[open], .t-dialog')]
  return dialogs.some((dialog) => dialog.getClientRects().length > 0)
}

/** Single keys of the desk (A, M, V, S, /). They rest while someone types or a dialog is open. */
export function useKeys(keys: Record<string, () => void>) {
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return
    const target = event.target as HTMLElement
    if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
    if (dialogIsOpen()) return
    const run = keys[event.key.toLowerCase()]
    if (!run) return
    event.preventDefault()
    run()
  }
  window.addEventListener('keydown', press)
  onScopeDispose(() => window.removeEventListener('keydown', press))
}
