import type { Device } from './media'
import type { Quality } from './quality'
import type { ScreenShare, ScreenShareOptions, Surface } from './screen'
import type { CallState, Endpoint, IceSource, MediaProblem, MediaState, Role, Signal, SignalData } from './types'

/** What a page gives to a call and may ask of it. */

export interface CallOptions {
  role: Role
  /** Own endpoint, e.g. "agent", "applicant-pc", "applicant-phone". */
  endpoint: Endpoint
  /** Sends one signal through the socket; returns false when it could not be sent. */
  send: (to: Endpoint, epoch: number, data: SignalData) => boolean | void
  iceServers: IceSource
  onState?: (state: CallState) => void
  onLocalStream?: (stream: MediaStream | null) => void
  onRemoteStream?: (stream: MediaStream | null) => void
  /** The other side's screen; null when it stopped. */
  onScreenStream?: (stream: MediaStream | null) => void
  /** Own screen; null when it stopped, by whatever hand (P29). */
  onLocalScreen?: (stream: MediaStream | null, surface: Surface | null) => void
  onLocalMedia?: (media: MediaState) => void
  onPeerMedia?: (media: MediaState) => void
  onProblem?: (problem: MediaProblem) => void
  onQuality?: (quality: Quality) => void
  /** For logs only; nothing here needs the person. */
  onFault?: (where: string, error: unknown) => void
}

export interface Call {
  readonly state: CallState
  readonly epoch: number
  readonly media: MediaState
  start(call: { epoch: number; peer: Endpoint }): void
  stop(): void
  close(): void
  signalling(open: boolean): void
  presence(endpoints: Endpoint[]): void
  receive(signal: Signal): void
  /** Opens camera and microphone ahead of the call, inside the person's press. */
  openDevices(): Promise<void>
  setMicrophone(on: boolean): Promise<boolean>
  setCamera(on: boolean): Promise<boolean>
  chooseDevice(device: Device, deviceId: string): Promise<void>
  flipCamera(): Promise<void>
  startScreen(options?: ScreenShareOptions): Promise<ScreenShare>
  stopScreen(): void
  /** Mend the path now (the page saw a change of network). */
  restart(): void
  /** The live peer connection, for statistics and tests. */
  connection(): RTCPeerConnection | null
}
