// WeChat's own services: signing in, notices, permissions, privacy, address book, scanning, phone calls.

import { agreed, permitted, privacy, tapped } from './consent.js'
import { ask, off, on } from './world.js'

export function openApis() {
  return {
    sync: {
      onNeedPrivacyAuthorization(listener) {
        off('privacy')
        on('privacy', ({ resolve, info }) => listener(resolve, info))
      },
      offNeedPrivacyAuthorization: () => off('privacy'),
    },
    later: {
      login: () => ask('login'),
      checkSession: () => ({}),
      async requestSubscribeMessage({ tmplIds }) {
        tapped('requestSubscribeMessage')
        if (!tmplIds?.length || tmplIds.length > 3) throw new Error('TemplateIDs must be 1 to 3')
        return ask('subscribe', { ids: tmplIds })
      },
      async getSetting({ withSubscriptions } = {}) {
        const { permissions, subscriptions } = await ask('settings')
        return { authSetting: permissions, ...(withSubscriptions ? { subscriptionsSetting: { mainSwitch: true, itemSettings: subscriptions } } : {}) }
      },
      async openSetting() {
        tapped('openSetting')
        const { permissions } = await ask('openSetting')
        return { authSetting: permissions }
      },
      openAppAuthorizeSetting: () => ask('phoneSettings'),
      authorize: ({ scope }) => permitted(scope),
      getPrivacySetting: () => ({ needAuthorization: !agreed(), privacyContractName: '《i福田小程序隐私保护指引》' }),
      requirePrivacyAuthorize: () => privacy('requirePrivacyAuthorize'),
      openPrivacyContract: () => ask('opened', { kind: 'privacy' }),
      async chooseAddress() {
        await privacy('chooseAddress')
        return ask('address')
      },
      async scanCode() {
        await privacy('scanCode')
        return ask('scan')
      },
      makePhoneCall: ({ phoneNumber }) => ask('opened', { kind: 'phone', phoneNumber }),
      async addPhoneCalendar(options) {
        await privacy('addPhoneCalendar')
        await permitted('scope.addPhoneCalendar')
        await ask('saved', { kind: 'calendar', title: options.title, startTime: options.startTime, endTime: options.endTime })
      },
      openCustomerServiceChat: (options) => ask('opened', { kind: 'service', url: options.url }),
      async getLocation() {
        await privacy('getLocation')
        await permitted('scope.userLocation')
        return ask('location')
      },
      shareFileMessage: ({ fileName }) => ask('opened', { kind: 'share', fileName }),
    },
  }
}
