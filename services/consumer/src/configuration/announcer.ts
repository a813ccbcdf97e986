import {
  ANNOUNCE_AGAIN_MS,
  type AnnouncedConfiguration,
  announceConfiguration,
  type Stream,
} from '@millrace/stream-client';

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
    if (isKnown && performance.now() - this.#announcedAt < ANNOUNCE_AGAIN_MS) return;
    await this.announce(configuration);
  }

  /**
   * Announces a configuration that is in force, or about to be. Resolves with how many partitions there are or are being prepared:
   * for that many it has to be right. Throws STREAM_UNAVAILABLE.
   */
  async announce(configuration: AnnouncedConfiguration): Promise<number> {
    const partitions = await announceConfiguration(this.stream, configuration);
    this.#announced = configuration.version;
    this.#announcedAt = performance.now();
    return partitions;
  }
}
