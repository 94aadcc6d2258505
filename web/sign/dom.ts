/** Making elements without a framework. Texts are always text nodes, never markup. */

type Attributes = Record<string, string | ((event: Event) => void)>

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  children: (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.replace(/^on/, ''), value)
    else made.setAttribute(key, value)
  }
  if (name === 'button') made.setAttribute('type', 'button')
  made.append(...children)
  return made
}

const PATHS: Record<string, string> = {
  ok: 'M14 25.5l7 7 14-15',
  warn: 'M24 14v13m0 6v.5',
  bad: 'M17 17l14 14m0-14L17 31',
}

export function icon(tone: 'ok' | 'warn' | 'bad'): SVGElement {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('viewBox', '0 0 48 48')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const circle = document.createElementNS(space, 'circle')
  Object.entries({ cx: '24', cy: '24', r: '22' }).forEach(([key, value]) => circle.setAttribute(key, value))
  const path = document.createElementNS(space, 'path')
  path.setAttribute('d', PATHS[tone]!)
  svg.append(circle, path)
  return svg
}
