import { describe, expect, it } from 'vitest'
import { tokenOf } from '../../sign/server'
import { isFinal, noticeOf, timeLeft } from '../../sign/words'

describe('every end of the signature page in words (P36, P37)', () => {
  it.each([
    [410, 'sign_code_expired', '二维码已过期'],
    [410, 'sign_code_replaced', '二维码已刷新'],
    [403, 'sign_other_device', '已在另一台手机上打开'],
    [409, 'already_signed', '已签名'],
    [409, 'commitment_withdrawn', '承诺书已撤回'],
    [404, 'not_found', '二维码无效'],
    [404, 'anything', '二维码无效'],
    [0, 'offline', '网络不太顺畅'],
    [503, 'unavailable', '服务正在恢复'],
  ])('%i %s', (status, code, title) => {
    expect(noticeOf(status, code, '').title).toBe(title)
  })
  it('what we have no words for keeps the words of the server', () => {
    expect(noticeOf(403, 'something_new', '请联系客服').text).toBe('请联系客服')
  })
  it('a wrong handwriting does not end the page', () => {
    expect(isFinal('signature_too_short')).toBe(false)
    expect(isFinal('sign_other_device')).toBe(true)
  })
  it('the rest', () => {
    expect(timeLeft(61_000)).toBe('1:01')
    expect(timeLeft(-5)).toBe('0:00')
    expect(tokenOf('/s/abc_D-1')).toBe('abc_D-1')
    expect(tokenOf('/s/abc/')).toBe('abc')
  })
})
