import { timingSafeEqual } from 'node:crypto';
import { bearerOf, digestOfKey } from '@millrace/runtime';
import type { Sender } from './sender.js';

/** A key that is known by its SHA-256 digest alone: 32 bytes. */
export interface KnownKey {
  readonly digest: Buffer;
  readonly sender: Sender;
}

/** The keys that let somebody in. */
export class KeyRing {
  readonly #byBeginning = new Map<number, readonly KnownKey[]>();

  constructor(keys: readonly KnownKey[]) {
    for (const key of keys) {
      const beginning = key.digest.readUInt32BE();
      this.#byBeginning.set(beginning, [...(this.#byBeginning.get(beginning) ?? []), key]);
    }
  }

  /**
   * Whose key an `Authorization: Bearer …` header presents; undefined when it is nobody's. How long it takes says nothing
   * about any key: digests are looked up, which no caller can steer, and compared in constant time.
   */
  find(authorization: string | undefined): Sender | undefined {
    const presented = bearerOf(authorization);
    if (presented === undefined) return undefined;
    const digest = digestOfKey(presented);
    const candidates = this.#byBeginning.get(digest.readUInt32BE()) ?? [];
    return candidates.find((key) => timingSafeEqual(key.digest, digest))?.sender;
  }
}
