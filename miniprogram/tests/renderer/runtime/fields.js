// Ticks, radios, switches, sliders, and the form around them.

import { fire } from './events.js'

/** @param {any} Wx the base class of elements.js @returns {Record<string, any>} tag → class */
export function fields(Wx) {
  class Tick extends Wx {
    built() {
      this.setAttribute('role', this.role_)
      this.put(this.flag('checked'))
    }
    changed(name) {
      if (name === 'checked' && this.isBuilt) this.put(this.flag('checked'))
      if (name === 'color') this.style.setProperty('--tint', this.prop('color', ''))
    }
    put(on) {
      this.on = on
      HTMLElement.prototype.setAttribute.call(this, 'aria-checked', String(on))
    }
  }
  class Checkbox extends Tick {
    role_ = 'checkbox'
    tapped() {
      if (this.flag('disabled')) return
      this.put(!this.on)
      const group = this.closest('wx-checkbox-group')
      if (group) fire(group, 'change', { value: group.formValue })
    }
  }
  class Radio extends Tick {
    role_ = 'radio'
    tapped() {
      const group = this.closest('wx-radio-group')
      if (this.flag('disabled') || this.on) return
      group?.querySelectorAll('wx-radio').forEach((radio) => radio.put(radio === this))
      if (group) fire(group, 'change', { value: group.formValue })
    }
  }
  class Switch extends Tick {
    role_ = 'switch'
    tapped() {
      if (this.flag('disabled')) return
      this.put(!this.on)
      this.model('checked', this.on)
      fire(this, 'change', { value: this.on })
    }
    get formValue() {
      return this.on
    }
  }
  class CheckboxGroup extends Wx {
    get formValue() {
      return [...this.querySelectorAll('wx-checkbox')].filter((one) => one.on).map((one) => one.prop('value', ''))
    }
  }
  class RadioGroup extends Wx {
    get formValue() {
      return [...this.querySelectorAll('wx-radio')].find((one) => one.on)?.prop('value', '') ?? ''
    }
  }
  class Label extends Wx {
    tapped(event) {
      if (event.target.closest('input, textarea')) return
      const named = this.prop('for')
      const all = named ? [...this.closest('wx-page').querySelectorAll('*')].filter((one) => one.__wxElement?.id === named) : [this]
      const control = all.flatMap((one) => (one === this ? [...this.querySelectorAll('*')] : [one])).find((one) => one.tapped || one.field)
      if (control?.field) control.field.focus()
      else control?.tapped(event)
    }
  }
  class Slider extends Wx {
    built() {
      this.range = Object.assign(document.createElement('input'), { type: 'range', min: this.prop('min', 0), max: this.prop('max', 100), step: this.prop('step', 1) })
      this.range.value = this.prop('value', 0)
      this.append(this.range)
      this.range.addEventListener('input', () => fire(this, 'changing', { value: Number(this.range.value) }))
      this.range.addEventListener('change', () => fire(this, 'change', { value: Number(this.range.value) }))
    }
    get formValue() {
      return Number(this.range.value)
    }
  }
  class Form extends Wx {
    submit() {
      const named = [...this.querySelectorAll('*')].filter((one) => one.prop?.('name') && 'formValue' in one)
      fire(this, 'submit', { value: Object.fromEntries(named.map((one) => [one.prop('name'), one.formValue])) })
    }
  }
  return { checkbox: Checkbox, radio: Radio, switch: Switch, 'checkbox-group': CheckboxGroup, 'radio-group': RadioGroup, label: Label, slider: Slider, form: Form }
}
