// What a ruler finds on the page in front; run in the page by reach.py. Gives a JSON list of sentences.
async ({ touch, elder }) => {
  const screen = document.querySelector('.screen.front')
  const view = screen.querySelector('.webview').getBoundingClientRect()
  const faults = []
  const nameOf = (e) => `${e.dataset.test ?? e.className} “${e.innerText.trim().slice(0, 12)}”`
  const boxOf = (e) => e.getBoundingClientRect()
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && boxOf(e).width > 0
  const all = (selector) => [...screen.querySelectorAll(selector)].filter(shown)
  const slides = (e) => e && e !== screen && (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) ? !e.matches('.scroller') : slides(e.parentElement))

  const font = parseFloat(getComputedStyle(screen.querySelector('.page') ?? screen).fontSize)
  if (screen.querySelector('.page') && (font >= 22) !== elder) faults.push(`type of ${font} px`)
  const wide = all('.page *').filter((e) => boxOf(e).right > view.right + 1 && !slides(e.parentElement))
  if (wide.length) faults.push(`wider than the screen: ${nameOf(wide[0])}`)
  for (const e of all('wx-button, [aria-role=button], [aria-role=switch], wx-input, wx-textarea, .tick, wx-picker')) {
    const { width, height } = boxOf(e.closest('[data-field]') ?? e) // a box around a field, tapped as the field
    if (Math.min(width, height) < touch - 0.5) faults.push(`${nameOf(e)} is ${Math.round(width)} × ${Math.round(height)} px`)
  }
  for (const e of all('.bottom wx-button')) {
    const { top, bottom } = boxOf(e)
    if (top < view.top + view.height / 2 || bottom > view.bottom + 0.5) faults.push(`${nameOf(e)} is not under the thumb`)
  }
  const { violations } = await axe.run('.screen.front .webview', { runOnly: ['color-contrast'], resultTypes: ['violations'] })
  for (const { nodes } of violations) for (const { html, any } of nodes) faults.push(`${html.slice(0, 90)}: ${any[0]?.message}`)
  return JSON.stringify([...new Set(faults)])
}
