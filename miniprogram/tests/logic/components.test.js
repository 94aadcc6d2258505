// Components of ours by themselves, rendered by WeChat's simulator in jsdom.

const { load, show } = require('./rendered')

describe('count-down', () => {
  const id = load('components/count-down/count-down')
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  test('tells the time that is left and ends once', () => {
    const ended = jest.fn()
    const ring = show(id, { total: 120_000 })
    ring.addEventListener('end', ended)
    ring.setData({ until: Date.now() + 119_500 })
    expect(ring.data.text).toBe('2:00')
    jest.advanceTimersByTime(60_000)
    expect(ring.data.text).toBe('1:00')
    expect(ring.data.late).toBe(false)
    jest.advanceTimersByTime(61_000)
    expect(ring.data.text).toBe('0:00')
    expect(ended).toHaveBeenCalledTimes(1)
  })

  test('leaves no timer behind', () => {
    const ring = show(id, { total: 120_000 })
    ring.setData({ until: Date.now() + 60_000 })
    expect(jest.getTimerCount()).toBe(1)
    ring.detach()
    expect(jest.getTimerCount()).toBe(0)
  })
})

describe('tick', () => {
  const id = load('components/tick/tick')
  test('shows its sentence and its state', () => {
    const tick = show(id, { text: '我已阅读', checked: true })
    expect(tick.dom.textContent).toContain('我已阅读')
    expect(tick.dom.innerHTML).not.toBe(show(id, { text: '我已阅读', checked: false }).dom.innerHTML)
  })
})
