import type { Script } from './scripts.ts';

/** `look.lua`. Nothing is ever parked, too old, gone, or on its way to another partition. */
export const look: Script = ({ node, log, due, lanes, consumers, now }) => {
  node.step(node.costs.look);
  node.spend(consumers.size * node.costs.look.each);
  return [log.unread > 0 ? 1 : 0, log.pending, due.lowest() ?? '', '', lanes.size, '', 0, now, ''];
};

/** `open-map.lua`. */
export const openMap: Script = (partition, _keys, [wanted]) => {
  if (partition.map.length === 0) partition.map = ['1', `${String(wanted)} active ${partition.now}`];
  return partition.map;
};

/** `note-calls.lua`: what it costs. */
export const noteCalls: Script = ({ node }, _keys, args) => {
  node.step(node.costs.calls);
  node.spend(((args.length - 3) / 2) * node.costs.calls.each);
  node.write();
  return 'noted';
};
