// The dialogs that WeChat draws over a page. A test taps them like the page's own buttons.

const layer = () => /** @type {HTMLElement} */ (document.getElementById('overlays'))

function shade(html, name) {
  const element = document.createElement('div')
  element.className = 'shade'
  element.dataset.test = name
  element.innerHTML = html
  layer().append(element)
  return element
}

const button = (name, text, color) => {
  const element = document.createElement('button')
  element.dataset.test = name
  element.textContent = text
  if (color) element.style.color = color
  return element
}

/** @returns {Promise<{confirm: boolean, cancel: boolean, content?: string}>} */
export function modal({ title = '', content = '', showCancel = true, cancelText = '取消', confirmText = '确定', editable = false, placeholderText = '', confirmColor = '', cancelColor = '' }) {
  return new Promise((done) => {
    const box = shade('<div class="dialog" role="dialog"><h2></h2><p></p><footer></footer></div>', 'wx-modal')
    const [head, text, foot] = ['h2', 'p', 'footer'].map((tag) => /** @type {HTMLElement} */ (box.querySelector(tag)))
    head.textContent = title
    text.textContent = editable ? '' : content
    const field = document.createElement('textarea')
    if (editable) {
      Object.assign(field, { value: content, placeholder: placeholderText })
      field.dataset.test = 'wx-modal-input'
      text.after(field)
    }
    const close = (confirm) => () => {
      box.remove()
      done({ confirm, cancel: !confirm, ...(editable && confirm ? { content: field.value } : {}) })
    }
    if (showCancel) foot.append(button('wx-modal-cancel', cancelText, cancelColor))
    foot.append(button('wx-modal-confirm', confirmText, confirmColor))
    box.querySelector('[data-test="wx-modal-cancel"]')?.addEventListener('click', close(false))
    box.querySelector('[data-test="wx-modal-confirm"]')?.addEventListener('click', close(true))
  })
}

/** @returns {Promise<{tapIndex: number}>} rejects when cancelled */
export function sheet({ itemList }) {
  return new Promise((done, cancel) => {
    const box = shade('<div class="sheet"></div>', 'wx-sheet')
    const body = /** @type {HTMLElement} */ (box.firstElementChild)
    itemList.forEach((text, tapIndex) => {
      const one = button('wx-sheet-item', text, '')
      one.addEventListener('click', () => (box.remove(), done({ tapIndex })))
      body.append(one)
    })
    const no = button('wx-sheet-cancel', '取消', '')
    no.addEventListener('click', () => (box.remove(), cancel(new Error('cancel'))))
    body.append(no)
  })
}

let toastEnds
export function hideToast() {
  clearTimeout(toastEnds)
  layer().querySelectorAll('.toast').forEach((element) => element.remove())
}

export function toast({ title = '', duration = 1500 }, stays = false) {
  hideToast()
  const element = document.createElement('div')
  element.className = 'toast'
  element.dataset.test = stays ? 'wx-loading' : 'wx-toast'
  element.textContent = title
  layer().append(element)
  if (!stays) toastEnds = setTimeout(hideToast, duration)
}

/**
 * Columns of words; `onMove(column, index)` may give new columns.
 * @returns {Promise<number[]|null>} the chosen rows, null when cancelled
 */
export function columns(lists, chosen, onMove = (_column, _index, _chosen) => null) {
  return new Promise((done) => {
    const box = shade('<div class="picker"><header></header><div class="columns"></div></div>', 'wx-picker')
    const head = /** @type {HTMLElement} */ (box.querySelector('header'))
    const body = /** @type {HTMLElement} */ (box.querySelector('.columns'))
    const now = [...chosen]
    const draw = (all) => {
      body.replaceChildren(
        ...all.map((list, column) => {
          const ul = document.createElement('ul')
          list.forEach((text, index) => {
            const li = document.createElement('li')
            li.textContent = text
            li.className = index === now[column] ? 'chosen' : ''
            li.dataset.test = 'wx-picker-row'
            li.addEventListener('click', () => {
              now[column] = index
              draw(onMove(column, index, now) ?? all)
            })
            ul.append(li)
          })
          return ul
        }),
      )
      body.querySelectorAll('.chosen').forEach((li) => li.scrollIntoView({ block: 'center' }))
    }
    const [no, yes] = [button('wx-picker-cancel', '取消', ''), button('wx-picker-confirm', '确定', '')]
    no.addEventListener('click', () => (box.remove(), done(null)))
    yes.addEventListener('click', () => (box.remove(), done(now)))
    head.append(no, yes)
    draw(lists)
  })
}
