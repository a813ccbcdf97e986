import type { Event } from '@millrace/events';
import { placeOf } from '../partitions/partition-of.js';
import type { Partitions } from '../partitions/partitions.js';
import type { Stream } from '../stream.js';

/** What a settler of one of several partitions needs to know, for what is to go on in another. */
export interface Departing {
  /** The place of a follow-up that belongs in another partition than its cause is in; undefined for one that stays. */
  placeOf(followUp: Event): number | undefined;
  /** Told after something was put into the outbox. */
  onDeparture(): void;
}

/**
 * By the partitions of now: a follow-up with a partition key goes to where its key is, one without stays where its cause is.
 * Where there is one partition, nothing departs.
 */
export function departingFrom(partitions: Partitions, own: Stream, onDeparture: () => void): Departing {
  return {
    placeOf: (followUp) => {
      const { partitionkey = '' } = followUp.attributes;
      if (partitionkey === '' || partitions.all.length === 1) return undefined;
      const place = placeOf(followUp);
      return partitions.atPlace(place) === own ? undefined : place;
    },
    onDeparture,
  };
}
