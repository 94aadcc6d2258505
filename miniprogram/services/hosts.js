// Replaced by the upload script with the operator's host (MINIPROGRAM_HOST); WeChat's console must list it too.

/** @type {Record<string, string>} */
export const HOSTS = {
  release: 'https://shipinban.example.com',
  trial: 'https://shipinban.example.com',
  develop: 'http://127.0.0.1:8000',
}
