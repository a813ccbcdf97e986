import type { Script } from './scripts.ts';

/** `heartbeat.lua`, without progress. */
export const heartbeat: Script = (partition, keys, args) => {
  const { node, log, now } = partition;
  node.step(node.costs.heartbeat);
  node.spend((keys.length - 1) * node.costs.heartbeat.each);
  const consumer = String(args[1]);
  partition.seen(consumer);
  const lost: string[] = [];
  let at = 3;
  for (let n = 1; n < keys.length; n++) {
    const [id, count, ref, routes] = [
      String(args[at]),
      String(args[at + 1]),
      String(args[at + 2]),
      Number(args[at + 3]),
    ];
    at += 4;
    const entry = log.held(id, consumer, count);
    if (entry === undefined) lost.push(id);
    else {
      entry.touchedAt = now;
      node.write();
    }
    for (let route = 0; route < routes; route++, at += 3) {
      if (entry === undefined) continue;
      const record = partition.record(ref);
      const field = `state:${String(args[at])}`;
      const [state = '', attempts = '0', starts = '0'] = (record.get(field) ?? 'waiting 0 0').split(' ');
      if (Number(attempts) < Number(args[at + 1]) && state !== 'running')
        record.set(field, `running ${attempts} ${starts} ${now} `);
    }
  }
  return lost;
};

/** `claim.lua`, with the ten entries for each wanted one that XAUTOCLAIM looks at. */
export const claim: Script = (partition, _keys, args) => {
  const { node, log, now } = partition;
  const { examined, each } = node.costs.claim;
  const consumer = String(args[1]);
  const [idleMs, cursor, maxCount] = [Number(args[2]), String(args[3]), Number(args[4])];
  const mostStarts = Number(args[5]);
  partition.seen(consumer);
  const { entries: looked, next } = log.scan(cursor, 10 * maxCount);
  const idle = looked.filter(({ touchedAt }) => now - touchedAt >= idleMs).slice(0, maxCount);
  const last = idle.length === maxCount ? idle.at(-1) : undefined;
  const seen = last === undefined ? looked.length : looked.indexOf(last) + 1;
  node.step(node.costs.claim);
  node.spend(seen * examined + idle.length * each);
  const claimed: unknown[] = [];
  let left = 0;
  for (const entry of idle) {
    node.write();
    if (entry.deliveryCount > mostStarts) left += 1;
    else {
      log.hold(entry, consumer, now, entry.deliveryCount + 1);
      claimed.push([Buffer.from(entry.id), entry.deliveryCount, entry.fields]);
    }
  }
  const following = last === undefined ? next : (looked[seen]?.id ?? next);
  return [Buffer.from(following), claimed, [], left, now, partition.consumers.size];
};

/** `release.lua`: gives entries back unfinished. */
export const release: Script = (partition, _keys, args) => {
  const { node, log, now } = partition;
  let released = 0;
  for (let at = 3; at < args.length; at += 2) {
    const entry = log.held(String(args[at]), String(args[1]), String(args[at + 1]));
    if (entry === undefined) continue;
    log.hold(entry, entry.holder ?? '', now - Number(args[2]), entry.deliveryCount - 1);
    released += 1;
  }
  node.step(node.costs.heartbeat);
  node.spend(released * node.costs.heartbeat.each);
  return released;
};
