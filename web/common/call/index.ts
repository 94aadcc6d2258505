/**
 * The call module: everything about WebRTC that the pages need, free of any framework.
 *
 *   const call = createCall({ role: 'applicant', endpoint: 'applicant-pc', send, iceServers, onState, … })
 *   socket open/closed    → call.signalling(true | false)
 *   {"t":"presence"}      → call.presence(endpoints)
 *   {"t":"signal"}        → call.receive({ from, epoch, data })
 *   call.started (event)  → call.start({ epoch, peer: 'agent' })
 *   call.ended (event)    → call.stop()
 */
export { createCall } from './call'
export { checkDevices, levelMeter, type DeviceCheck, type DeviceReport } from './check'
export type { Call, CallOptions } from './contract'
export { showStream, unmute } from './playback'
export { mediaProblem } from './problems'
export { LEVEL_NAMES, gradeQuality, type Quality } from './quality'
export { SURFACE_NAMES, screenSupported, type ScreenShare, type Surface } from './screen'
export type * from './types'
