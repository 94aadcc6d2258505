import { pickupBody, pickupDays, pickupFaults } from '../../../shared/pickup.js'
import { serverNow } from '../../../shared/clock.js'
import { dayText, pickupWords, rangeText } from '../../../shared/words.js'
import { api } from '../../../services/api.js'
import { who } from '../../../services/auth.js'
import { LOADING, definePage } from '../../../services/page.js'
import { permitted } from '../../../services/permission.js'
import { bindSession } from '../../../services/session.js'
import { errorText, toast } from '../../../services/ui.js'
import { backToRoom } from '../way.js'

const STORE = 'shipinban.pickup.'
const EMPTY = { name: '', phone: '', district: '', address: '', window: '' }
const ELSEWHERE = '目前仅提供深圳地区上门收件服务，请选择深圳的地址'

/** @param {any} pickup */
function given(pickup) {
  if (!pickup || pickup.state === 'requested') return null
  const when = pickup.window ? `${dayText(pickup.window.start, serverNow())} ${rangeText(pickup.window.start, pickup.window.end)}` : ''
  return { word: pickupWords[pickup.state] ?? pickup.state, name: pickup.name, phone: pickup.phone, place: `深圳市${pickup.district ?? ''}${pickup.address ?? ''}`, when, waybill: pickup.waybill ?? '' }
}

/** 预约取件: WeChat's address book or by hand, Shenzhen only, the courier's times. Guide rows S31, S32. */
definePage({
  data: { id: '', options: LOADING, days: [], form: EMPTY, faults: {}, fault: '', busy: false, given: null, may: false, editing: false, closed: false },

  /** @param {{id: string}} query */
  onLoad({ id }) {
    const kept = wx.getStorageSync(STORE + id)
    const person = who()
    const name = person?.real_name_level ? person.name : ''
    this.setData({ id, form: kept || { ...EMPTY, name } })
    this.fetch = this.loader('options', async () => {
      const options = await api.pickupOptions(id)
      this.setData({ days: pickupDays(options.windows, serverNow()) })
      return options
    })
    this.fetch()
    this.session = bindSession(this, id, ({ view }) => {
      if (!view) return {}
      const may = view.actions.includes('pickup.submit')
      return { given: given(view.pickup), may, closed: !may && (!view.pickup || view.pickup.state === 'requested') }
    })
  },

  /** @param {Partial<typeof EMPTY>} change */
  fill(change) {
    const form = { ...this.data.form, ...change }
    const faults = { ...this.data.faults }
    for (const field of Object.keys(change)) delete (/** @type {any} */ (faults)[field])
    this.setData({ form, faults, fault: '' })
    wx.setStorage({ key: STORE + this.data.id, data: form, fail() {} })
  },
  /** @param {any} event */
  type({ currentTarget: { dataset }, detail: { value } }) {
    this.fill({ [dataset.field]: value })
  },
  /** @param {any} event */
  district({ detail: { value } }) {
    this.fill({ district: this.data.options.data.districts[Number(value)] })
  },
  /** @param {any} event */
  window({ currentTarget: { dataset } }) {
    this.fill({ window: dataset.id })
  },
  async fromWechat() {
    /** @type {any} */
    const address = await permitted(() => new Promise((success, fail) => wx.chooseAddress({ success, fail })), {
      scope: 'scope.address',
      what: '读取微信地址',
      instead: '也可以直接在下面填写地址。',
    })
    if (!address) return
    if (!/^深圳/.test(address.cityName)) return this.setData({ fault: ELSEWHERE })
    const district = this.data.options.data.districts.includes(address.countyName) ? address.countyName : ''
    this.fill({ name: address.userName, phone: address.telNumber, district, address: (address.streetName ?? '') + address.detailInfo })
    if (!district) this.setData({ 'faults.district': '请选择所在区' })
  },
  async submit() {
    if (this.data.busy) return
    const faults = pickupFaults(this.data.form)
    this.setData({ faults, fault: '' })
    if (Object.keys(faults).length) return wx.pageScrollTo({ selector: '.field--fault', offsetTop: -24, duration: 200 })
    this.setData({ busy: true })
    try {
      await this.session.act(() => api.submitPickup(this.data.id, pickupBody(this.data.form)))
      wx.removeStorage({ key: STORE + this.data.id, fail() {} })
      this.setData({ editing: false })
      toast('已提交', 'ok')
    } catch (error) {
      const { details } = /** @type {any} */ (error)
      const field = details?.field ?? Object.keys(details?.fields ?? {})[0]
      if (field && field in EMPTY) this.setData({ [`faults.${field}`]: errorText(error) })
      else this.setData({ fault: errorText(error) })
    }
    this.setData({ busy: false })
  },
  edit() {
    const pickup = this.session.state.view?.pickup ?? {}
    const { name, phone, district, address, window } = pickup
    this.setData({ editing: true, form: { name: name ?? '', phone: phone ?? '', district: district ?? '', address: address ?? '', window: window?.id ?? '' } })
  },
  retry() {
    return this.fetch()
  },
  back() {
    backToRoom(this.data.id)
  },
})
