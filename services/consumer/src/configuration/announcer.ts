import { type AnnouncedConfiguration, announceConfiguration, type Stream } from '@millrace/stream-client';

/** A configuration that stays is announced this often all the same, in ms: Redis may have lost it. */
const AGAIN_MS = 30_000;

/** Makes known under which configuration this consumer works: the operator has no files of its own to look at. */
export class Announcer {
  #announced: string | undefined;
  #announcedAt = 0;

  constructor(
    private readonly stream: Stream,
    private readonly read: () => AnnouncedConfiguration,
  ) {}

  /** Announces what is new, or was announced long ago. Throws STREAM_UNAVAILABLE. */
  async announceIfDue(): Promise<void> {
    const configuration = this.read();
    const isKnown = configuration.version === this.#announced;
    if (isKnown && performance.now() - this.#announcedAt < AGAIN_MS) return;
    await announceConfiguration(this.stream, configuration);
    this.#announced = configuration.version;
    this.#announcedAt = performance.now();
  }
}
