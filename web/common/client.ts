import { inject, type App, type InjectionKey } from 'vue'
import { createApi, type Api } from '@shared/api.js'
import { createSocket, type RawEvents, type RawSocket, type SocketState } from '@shared/socket.js'
import { APPLICANT_PATHS, createAuth, type Auth, type AuthPaths } from './auth'
import { createTransport, fetchBlob } from './http'

/** What a page needs to talk to the server. */
export interface Client {
  auth: Auth
  api: Api
  blob: (path: string) => Promise<Blob>
  connect: (options: SocketOptions) => ReturnType<typeof createSocket>
}

export interface SocketOptions {
  ticket: () => Promise<{ ticket: string; url: string }>
  after?: () => number
  onMessage: (message: any) => void
  onState?: (state: SocketState) => void
}

/** A fresh random key for commands and messages. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function openBrowserSocket(url: string, events: RawEvents): RawSocket {
  const address = new URL(url, location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(address)
  socket.onopen = events.onOpen
  socket.onmessage = (message) => events.onText(message.data)
  socket.onclose = (closing) => events.onClose(closing.code)
  return { send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text), close: (code) => socket.close(code) }
}

/** Sockets that look after themselves when the page comes back to the front or the network returns. */
function connect(options: SocketOptions) {
  const socket = createSocket({ ...options, open: openBrowserSocket })
  const wake = () => document.visibilityState === 'visible' && socket.wake()
  document.addEventListener('visibilitychange', wake)
  window.addEventListener('online', wake)
  window.addEventListener('pageshow', wake)
  const close = socket.close
  return Object.assign(socket, {
    close() {
      document.removeEventListener('visibilitychange', wake)
      window.removeEventListener('online', wake)
      window.removeEventListener('pageshow', wake)
      close()
    },
  })
}

export function createClient(name: 'portal' | 'h5' | 'console', paths: AuthPaths = APPLICANT_PATHS): Client {
  const auth = createAuth(name, paths)
  const api = createApi({ transport: createTransport(auth), newKey })
  return { auth, api, blob: (path) => fetchBlob(auth, path), connect }
}

const KEY: InjectionKey<Client> = Symbol('client')

export function provideClient(app: App, client: Client) {
  app.provide(KEY, client)
}

export function useClient(): Client {
  const client = inject(KEY)
  if (!client) throw new Error('no client provided')
  return client
}
