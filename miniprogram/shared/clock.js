// Devices' clocks are wrong by minutes; what runs out (a hold, a code, a call) is counted by the server's.

let offset = 0

/**
 * Takes the time of an answer's Date header; small differences are the network's and are left alone.
 * @param {string|null|undefined} date
 */
export function heardServerTime(date) {
  const told = date ? Date.parse(date) : Number.NaN
  if (Number.isNaN(told)) return
  const difference = told + 500 - Date.now()
  if (Math.abs(difference - offset) > 2000) offset = Math.abs(difference) > 2000 ? difference : 0
}

export const serverNow = () => Date.now() + offset
