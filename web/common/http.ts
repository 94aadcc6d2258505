import type { Reply, Request, Transport, Upload } from '@shared/api.js'
import type { Auth } from './auth'
import { heardServerTime } from './serverClock'

const ANSWER_WITHIN_MS = 20_000
const UPLOAD_WITHIN_MS = 180_000

async function headersOf(auth: Auth, extra: Record<string, string>): Promise<Record<string, string>> {
  const token = await auth.token()
  return { ...extra, 'X-Client': auth.client, ...(token ? { Authorization: `Bearer ${token}` } : {}) }
}

async function bodyOf(response: Response): Promise<unknown> {
  const json = response.headers.get('Content-Type')?.includes('json')
  return json ? response.json().catch(() => null) : null
}

/** Sends once; after a 401 with a login, renews the login and sends once more. */
async function withLogin(auth: Auth, once: () => Promise<Reply>): Promise<Reply> {
  const reply = await once()
  if (reply.status !== 401 || !auth.state.person) return reply
  return (await auth.refresh()) ? once() : reply
}

/** The API over fetch; uploads over XMLHttpRequest, which alone tells how much is sent. */
export function createTransport(auth: Auth): Transport {
  return {
    send: (request: Request) =>
      withLogin(auth, async () => {
        const headers = await headersOf(auth, request.headers)
        if (request.body !== undefined) headers['Content-Type'] = 'application/json'
        const response = await fetch(request.path, {
          method: request.method,
          headers,
          body: request.body === undefined ? undefined : JSON.stringify(request.body),
          credentials: 'same-origin',
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        })
        heardServerTime(response.headers.get('Date'))
        return { status: response.status, body: await bodyOf(response) }
      }),
    upload: (upload: Upload) =>
      withLogin(auth, async () => {
        const headers = await headersOf(auth, upload.headers)
        return new Promise<Reply>((resolve, reject) => {
          const form = new FormData()
          Object.entries(upload.fields).forEach(([name, value]) => form.append(name, value))
          form.append('file', upload.file, upload.file.name)
          const xhr = new XMLHttpRequest()
          xhr.open('POST', upload.path)
          Object.entries(headers).forEach(([name, value]) => xhr.setRequestHeader(name, value))
          xhr.responseType = 'json'
          xhr.timeout = UPLOAD_WITHIN_MS
          xhr.upload.onprogress = (event) => upload.onProgress?.(event.loaded, event.total)
          xhr.onload = () => resolve({ status: xhr.status, body: xhr.response })
          xhr.onerror = xhr.ontimeout = xhr.onabort = () => reject(new TypeError('upload failed'))
          xhr.send(form)
        })
      }),
  }
}

/** Bytes of a protected file. */
export async function fetchBlob(auth: Auth, path: string): Promise<Blob> {
  let response: Response | null = null
  const reply = await withLogin(auth, async () => {
    response = await fetch(path, { headers: await headersOf(auth, {}), credentials: 'same-origin' })
    return { status: response.status, body: null }
  })
  if (reply.status >= 400) throw Object.assign(new Error('文件暂时打不开，请稍后重试'), { status: reply.status })
  return response!.blob()
}
