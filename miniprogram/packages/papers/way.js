/** Back to the chat that a paper was opened from, or to it anew when the paper was opened by a link. @param {string} id */
export function backToRoom(id) {
  const pages = getCurrentPages()
  const at = pages.map((page) => page.route).lastIndexOf('packages/session/room/room')
  if (at >= 0 && at < pages.length - 1) return wx.navigateBack({ delta: pages.length - 1 - at })
  return wx.redirectTo({ url: `/packages/session/room/room?id=${id}` })
}
