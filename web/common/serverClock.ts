export { heardServerTime, serverNow } from '@shared/clock.js'
