/** Not crypto.randomUUID: that one is missing outside secure contexts. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (b) => b.toString(16).padStart(2, '0')).join(
    '',
  )
}
