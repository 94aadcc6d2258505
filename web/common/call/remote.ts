import type { MediaState, Slot } from './types'

/** What is seen and heard of the other side: its voice and face in one stream, its screen in another. */
export class RemoteMedia {
  private stream: MediaStream | null = null

  constructor(
    private readonly o: {
      onStream: (stream: MediaStream | null) => void
      onScreen: (stream: MediaStream | null) => void
      onMedia: (media: MediaState) => void
    },
  ) {}

  take(slot: Slot, track: MediaStreamTrack | null): void {
    if (slot === 'screen') {
      this.o.onScreen(track ? new MediaStream([track]) : null)
      return
    }
    if (!track) return
    const kept = (this.stream?.getTracks() ?? []).filter((t) => t.kind !== track.kind)
    this.stream = new MediaStream([...kept, track])
    this.o.onStream(this.stream)
  }

  /** The other side says what it shows: a screen taken back is gone before its track is. */
  said(media: MediaState): void {
    if (!media.screen) this.o.onScreen(null)
    this.o.onMedia(media)
  }

  drop(): void {
    this.stream = null
    this.o.onStream(null)
    this.o.onScreen(null)
  }
}
