import { putBack } from './append.ts';
import type { Script } from './scripts.ts';

/** `promote-due.lua`. */
export const promoteDue: Script = (partition, _keys, members) => {
  const { node, due, now } = partition;
  node.step(node.costs.promote);
  let moved = 0;
  for (const member of members.map(String)) {
    const score = due.score(member);
    if (score === undefined || score > now) continue;
    node.spend(node.costs.promote.each);
    node.write();
    const [ref = '', route = ''] = member.split(' ');
    const id = putBack(partition, ref, route);
    if (id === false) partition.backlog -= 1;
    else {
      const record = partition.record(ref);
      const [, attempts, starts] = (record.get(`state:${route}`) ?? '').split(' ');
      record.set(`put-back:${route}`, id);
      record.set(`state:${route}`, `waiting ${attempts} ${starts} ${now} `);
    }
    due.remove(member);
    moved += 1;
  }
  return moved;
};
