/** The last element that passes; Array.findLast is missing in browsers of 2021. */
export function lastWhere<T>(list: readonly T[], test: (one: T) => boolean): T | undefined {
  for (let index = list.length - 1; index >= 0; index -= 1) if (test(list[index]!)) return list[index]
  return undefined
}
