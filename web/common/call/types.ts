/** Shared words of the call module. Source: user guide rows S18, S20, S21, S29, S30, S41–S43. */

export type Role = 'agent' | 'applicant'

/** A place that can carry media: one browser page of one party (S30: the applicant may have two). */
export type Endpoint = string

/** What a media section carries. `audio` and `camera` exist from the first offer; `screen` comes and goes. */
export type Slot = 'audio' | 'camera' | 'screen'

export interface MediaState {
  microphone: boolean
  camera: boolean
  screen: boolean
}

/** One signalling message between two peer connections. Every key but `pc` and `n` is optional. */
export interface SignalData {
  /** Id of the sending peer connection; a new one replaces all that came before. Empty before the first. */
  pc: string
  /** Id of the peer connection this is meant for; missing in the first offer. */
  peer?: string
  /** The sending page and its running number: a repeated frame is dropped. */
  page: string
  n: number
  description?: RTCSessionDescriptionInit
  /** mid → slot, beside every description. */
  tracks?: Record<string, Slot>
  candidate?: RTCIceCandidateInit
  /** The applicant's page is listening and has no peer connection yet: please offer. */
  ready?: boolean
  media?: MediaState
}

/** What a peer connection says; the page adds its own name and number. */
export type Outgoing = Omit<SignalData, 'page' | 'n'>

export interface Signal {
  from: Endpoint
  epoch: number
  data: SignalData
}

/**
 * idle: no call. waiting: the other side is not there yet. connecting: negotiating. connected: media flows.
 * reconnecting: the path broke and is being mended. failed: given up for now, chat goes on (P24).
 */
export type CallState = 'idle' | 'waiting' | 'connecting' | 'connected' | 'reconnecting' | 'failed'

export type IceSource = RTCIceServer[] | (() => Promise<RTCIceServer[]>)

export interface MediaProblem {
  kind: 'microphone' | 'camera' | 'screen' | 'both'
  code: 'refused' | 'missing' | 'busy' | 'unsuitable' | 'aborted' | 'insecure' | 'unsupported' | 'unknown'
  /** What happened, in plain Chinese. */
  title: string
  /** What to do next. */
  next: string
  /** True where going on by phone (手机接入) helps. */
  phoneHelps: boolean
}
