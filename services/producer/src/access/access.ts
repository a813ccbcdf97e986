import { digestOfKey } from '@millrace/runtime';
import { KeyRing, type KnownKey } from './key-ring.js';
import type { KeysFile, SenderRules } from './parse-keys.js';
import type { WebhookMapping } from './parse-webhook.js';
import { compileTypes, type Sender } from './sender.js';
import { type Rate, TokenBucket } from './token-bucket.js';

/** Who may send, at one moment. It never changes: another takes its place. */
export interface AccessRules {
  /** Undefined: everybody may come in without a key. */
  readonly keyRing: KeyRing | undefined;
  /** Whose webhooks are taken, by the name of the sender in their path. */
  readonly webhooks: ReadonlyMap<string, WebhookSender>;
}

/** A system whose webhooks are taken. */
export interface WebhookSender {
  readonly sender: Sender;
  readonly secrets: readonly Buffer[];
  readonly mapping: WebhookMapping;
}

/** Who may send now. */
export interface Access {
  readonly rules: AccessRules;
}

/** Everybody, with or without a key; nothing is asked. */
export const OPEN: Access = { rules: { keyRing: undefined, webhooks: new Map() } };

/** The one who holds the one key that stands in the settings. Upper case: no id in a keys file is like it. */
const SETTINGS_KEY_ID = 'MILLRACE_API_KEY';

/**
 * Makes rules of keys files, one after another as the file changes. A sender whose rate did not change keeps what is left
 * of it: a key that is exchanged is not a way around it.
 */
export function createRuleMaker(apiKey: string | undefined): (file: KeysFile) => AccessRules {
  let buckets = new Map<string, TokenBucket>();
  return ({ keys, webhooks }) => {
    const kept = new Map<string, TokenBucket>();
    const bucketFor = (id: string, rate: Rate | undefined) => {
      if (rate === undefined) return undefined;
      const before = buckets.get(id);
      const bucket = before !== undefined && isSameRate(before.rate, rate) ? before : new TokenBucket(rate);
      kept.set(id, bucket);
      return bucket;
    };
    const senderOf = ({ id, types, rate }: SenderRules, trust: Sender['trust']): Sender => {
      return { id, maySend: compileTypes(types), trust, bucket: bucketFor(id, rate) };
    };
    const known: KnownKey[] = keys.flatMap((rules) => {
      const sender = senderOf(rules, 'keyed');
      return rules.digests.map((digest) => ({ digest, sender }));
    });
    if (apiKey !== undefined) {
      known.push({
        digest: digestOfKey(apiKey),
        sender: senderOf({ id: SETTINGS_KEY_ID, types: ['*'], rate: undefined }, 'keyed'),
      });
    }
    const hooks = webhooks.map((rules): [string, WebhookSender] => {
      const { id, secrets, mapping } = rules;
      return [id, { sender: senderOf(rules, 'signed'), secrets, mapping }];
    });
    buckets = kept;
    return { keyRing: new KeyRing(known), webhooks: new Map(hooks) };
  };
}

function isSameRate(a: Rate, b: Rate): boolean {
  return a.perSecond === b.perSecond && a.burst === b.burst;
}
