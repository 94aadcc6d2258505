import { onScopeDispose, shallowReactive } from 'vue'
import { createCall } from './call'
import type { Call, CallOptions } from './contract'
import type { Quality } from './quality'
import type { Surface } from './screen'
import type { CallState, MediaProblem, MediaState } from './types'

/** What a screen shows of a call. */
export interface CallView {
  state: CallState
  local: MediaStream | null
  remote: MediaStream | null
  /** The other side's screen. */
  screen: MediaStream | null
  /** Own screen, while shared. */
  localScreen: MediaStream | null
  surface: Surface | null
  media: MediaState
  peerMedia: MediaState
  problem: MediaProblem | null
  quality: Quality | null
}

type Wiring = Pick<CallOptions, 'role' | 'endpoint' | 'send' | 'iceServers' | 'onFault'>

/** Thin Vue composable: the call's callbacks as reactive state; closed with the component. */
export function useCall(wiring: Wiring): { call: Call; view: CallView } {
  const view = shallowReactive<CallView>({
    state: 'idle',
    local: null,
    remote: null,
    screen: null,
    localScreen: null,
    surface: null,
    media: { microphone: false, camera: false, screen: false },
    peerMedia: { microphone: true, camera: true, screen: false },
    problem: null,
    quality: null,
  })
  const call = createCall({
    ...wiring,
    onState: (state) => {
      view.state = state
      if (state === 'idle') view.quality = null
      if (state === 'connected') view.problem = null
    },
    onLocalStream: (stream) => (view.local = stream),
    onRemoteStream: (stream) => (view.remote = stream),
    onScreenStream: (stream) => (view.screen = stream),
    onLocalScreen: (stream, surface) => {
      view.localScreen = stream
      view.surface = surface
    },
    onLocalMedia: (media) => (view.media = media),
    onPeerMedia: (media) => (view.peerMedia = media),
    onProblem: (problem) => (view.problem = problem),
    onQuality: (quality) => (view.quality = quality),
  })
  onScopeDispose(() => call.close())
  return { call, view }
}
