// Storage that survives the end of the app; privacy's consent.

const MARK = 'mp:'
const LIMIT = 1024 * 1024

const read = (key) => {
  const text = localStorage.getItem(MARK + key)
  return text === null ? undefined : JSON.parse(text).value
}
const write = (key, value) => {
  const text = JSON.stringify({ value })
  if (text.length > LIMIT) throw new Error(`setStorage:fail ${key} is over 1 MB`)
  localStorage.setItem(MARK + key, text)
}
const remove = (key) => localStorage.removeItem(MARK + key)
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(MARK)).map((key) => key.slice(MARK.length))
const info = () => ({ keys: keys(), currentSize: 1, limitSize: 10240 })
const clear = () => keys().forEach(remove)

export function storageApis() {
  return {
    sync: {
      getStorageSync: (key) => read(key) ?? '',
      setStorageSync: write,
      removeStorageSync: remove,
      clearStorageSync: clear,
      getStorageInfoSync: info,
    },
    later: {
      getStorage({ key }) {
        const data = read(key)
        if (data === undefined) throw new Error('data not found')
        return { data }
      },
      setStorage: ({ key, data }) => write(key, data),
      removeStorage: ({ key }) => remove(key),
      clearStorage: clear,
      getStorageInfo: info,
    },
  }
}
