// <picker>: WeChat's wheels as lists to tap.

import { fire } from './events.js'
import { columns } from './overlays.js'
import { fault } from './world.js'

const words = (list, key) => (list ?? []).map((one) => String(key ? one[key] : one))
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(2, '0'))
const PICKERS = {
  async selector(me) {
    const chosen = await columns([words(me.prop('range'), me.prop('range-key'))], [Number(me.prop('value', 0))])
    return chosen && String(chosen[0])
  },
  async multiSelector(me) {
    const lists = () => me.prop('range', []).map((list) => words(list, me.prop('range-key')))
    return columns(lists(), me.prop('value', []), (column, value, now) => {
      fire(me, 'columnchange', { column, value })
      me.prop('value', []).forEach((index, i) => (now[i] = index))
      now[column] = value
      return lists()
    })
  },
  async time(me) {
    const lists = [numbers(0, 23), numbers(0, 59)]
    const now = String(me.prop('value', '00:00')).split(':').map(Number)
    const chosen = await columns(lists, now)
    return chosen && chosen.map((index, i) => lists[i][index]).join(':')
  },
  async date(me) {
    const [start, end] = [me.prop('start') || '1970-01-01', me.prop('end') || '2100-12-31']
    const days = []
    for (let day = new Date(start); day <= new Date(end) && days.length < 1000; day.setUTCDate(day.getUTCDate() + 1)) days.push(day.toISOString().slice(0, 10))
    const chosen = await columns([days], [Math.max(0, days.indexOf(me.prop('value', '')))])
    return chosen && days[chosen[0]]
  },
}

/** @param {any} Wx the base class of elements.js */
export function picker(Wx) {
  return class extends Wx {
    async tapped() {
      if (this.flag('disabled')) return
      const mode = this.prop('mode', 'selector')
      const picker = PICKERS[mode]
      if (!picker) return fault(`<picker mode="${mode}"> is not known to the test renderer`)
      const value = await picker(this)
      if (value === null) return fire(this, 'cancel', {})
      this.model('value', value)
      fire(this, 'change', { value })
    }
  }
}
