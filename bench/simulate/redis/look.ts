import type { Script } from './scripts.ts';

/** `look.lua`. Nothing is ever parked, too old, gone, or on its way to another partition. */
export const look: Script = ({ node, log, due, lanes, consumers, now }) => {
  const { base, each } = node.costs.look;
  node.spend(base + consumers.size * each);
  return [log.unread > 0 ? 1 : 0, log.pending, due.lowest() ?? '', '', lanes.size, '', 0, now, ''];
};

/** `open-map.lua`. */
export const openMap: Script = (partition, _keys, [wanted]) => {
  if (partition.map.length === 0) partition.map = ['1', `${String(wanted)} active ${partition.now}`];
  return partition.map;
};

/** `note-calls.lua`: what it costs. */
export const noteCalls: Script = ({ node }, _keys, args) => {
  const { base, each } = node.costs.calls;
  node.spend(base + ((args.length - 3) / 2) * each);
  node.write();
  return 'noted';
};
