/**
 * Showing a stream in a <video>. Call it inside the press that joins (P27); WeChat's web-view needs
 * playsinline and play() after the stream is set (P26). When the browser refuses sound the picture runs
 * muted and `onBlocked` asks for one more press: “点击开启声音”.
 */
export async function showStream(
  video: HTMLVideoElement,
  stream: MediaStream | null,
  options: { muted?: boolean; onBlocked?: () => void } = {},
): Promise<void> {
  video.setAttribute('playsinline', '')
  video.setAttribute('webkit-playsinline', '')
  video.setAttribute('x5-video-player-type', 'h5')
  video.autoplay = true
  video.muted = options.muted ?? false
  if (video.srcObject !== stream) video.srcObject = stream
  if (!stream) return
  try {
    await video.play()
  } catch (error) {
    if ((error as Error).name !== 'NotAllowedError' || video.muted) return // AbortError: a newer stream came
    video.muted = true
    await video.play().catch(() => undefined)
    options.onBlocked?.()
  }
}

/** The press on “点击开启声音”. */
export async function unmute(video: HTMLVideoElement): Promise<boolean> {
  video.muted = false
  try {
    await video.play()
    return true
  } catch {
    video.muted = true
    return false
  }
}
