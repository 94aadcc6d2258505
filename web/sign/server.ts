/** The two calls of the signature page. */

export interface SignTask {
  item: string
  masked_name: string
  title: string
  body: string
  /** Of the very text shown here; sent back with the signature. */
  body_hash: string
  expires_at: string
  state: string
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

const PATIENCE_MS = 15_000

/** Server time minus phone time, so that a wrong clock on the phone shows the right time left. */
export let clockOffset = 0

export function tokenOf(path: string): string {
  return decodeURIComponent(path.replace(/\/+$/, '').split('/').pop() ?? '')
}

async function call(token: string, init: RequestInit): Promise<Record<string, unknown>> {
  let response: Response
  try {
    response = await fetch(`/api/sign/${encodeURIComponent(token)}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      signal: typeof AbortSignal.timeout === 'function' ? AbortSignal.timeout(PATIENCE_MS) : undefined,
      ...init,
    })
  } catch {
    throw new Refusal(0, 'offline', '')
  }
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null
  if (response.ok && body) return body
  const error = (body?.error ?? {}) as { code?: string; message?: string }
  throw new Refusal(response.status, error.code ?? '', error.message ?? '')
}

function text(value: unknown): string {
  if (value && typeof value === 'object' && 'name' in value) return String((value as { name: unknown }).name)
  return typeof value === 'string' ? value : ''
}

export async function openTask(token: string): Promise<SignTask> {
  const body = await call(token, { method: 'GET' })
  const now = Date.parse(text(body.now))
  if (!Number.isNaN(now)) clockOffset = now - Date.now()
  return {
    item: text(body.item),
    masked_name: text(body.masked_name),
    title: text(body.title),
    body: text(body.body),
    body_hash: text(body.body_hash),
    expires_at: text(body.expires_at),
    state: text(body.state),
  }
}

export async function submit(token: string, key: string, signature: object): Promise<void> {
  await call(token, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(signature),
  })
}
