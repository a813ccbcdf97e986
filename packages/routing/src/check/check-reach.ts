import type { ConfigProblem, Locate } from '@millrace/config-files';
import { compileFilter, type Filter } from '../filter.js';
import type { InspectedRoute } from '../inspect-routes.js';

/** Routes that no event can take, that do again what one above them does, or that feed themselves. */
export function findReachProblems(routes: readonly InspectedRoute[], locate: Locate): ConfigProblem[] {
  const seen = new Map<string, string>();
  return routes.flatMap(({ index, source, route }) => {
    const at = (key: string, detail: string, mend: string) => locate(['routes', index, key], detail, mend);
    const problems: ConfigProblem[] = [];
    const never = whyNever(source.on);
    if (never !== undefined) problems.push(at('on', `no event can match: ${never.why}`, never.mend));
    if (source.when?.trim() === 'false')
      problems.push(at('when', 'is always false, so no event takes this route', 'remove the route, or pause it'));
    const twin = seen.get(identityOf(source));
    if (twin !== undefined)
      problems.push(at('on', `does the same as ${twin} for the same events`, 'remove one of them, or tell them apart'));
    else seen.set(identityOf(source), source.id);
    if (
      source.emit !== undefined &&
      source.when === undefined &&
      takesOwnFollowUp(source.emit.type, source.on, route.id)
    )
      problems.push(
        at(
          'emit',
          `emits ${source.emit.type}, which this route takes again, until the hop limit`,
          'emit another type, or add `when`',
        ),
      );
    return problems;
  });
}

interface Never {
  readonly why: string;
  readonly mend: string;
}

const REMEDY = 'what stands side by side must all hold; write `any: [ … ]` where one is enough';

/** Why no event satisfies the filter; undefined when one might. */
function whyNever(filter: Filter): Never | undefined {
  const demands = demandsOf(filter);
  const wildcard = demands.find(({ kind, value }) => kind === 'exact' && value.endsWith('*'));
  if (wildcard !== undefined) {
    const { attribute, value } = wildcard;
    const mend = `write \`prefix: { ${attribute}: ${value.slice(0, -1)} }\``;
    return { why: `\`*\` stands for itself in ${attribute}: ${value}`, mend };
  }
  if (demands.some(({ attribute }) => attribute === 'data'))
    return { why: 'filters see attributes, and `data` is none', mend: 'write `when: event.data == …`' };
  for (const [at, one] of demands.entries())
    for (const other of demands.slice(at + 1))
      if (contradict(one, other)) return { why: `${show(one)} and ${show(other)}`, mend: REMEDY };
  const refused = filter.not;
  if (refused !== undefined && acceptsAll(refused)) return { why: '`not` refuses every event', mend: 'remove it' };
  if (refused !== undefined && isImplied(refused, demands))
    return { why: '`not` refuses what the rest asks for', mend: 'remove `not`, or the same condition beside it' };
  const choices = filter.any?.map(whyNever);
  if (choices?.every((never) => never !== undefined)) return choices[0];
  return (filter.all ?? []).map(whyNever).find((never) => never !== undefined);
}

interface Demand {
  readonly kind: 'exact' | 'prefix' | 'suffix';
  readonly attribute: string;
  readonly value: string;
}

/** What every event that the filter accepts has. */
function demandsOf({ type, source, subject, exact, prefix, suffix, all = [] }: Filter): Demand[] {
  const toDemands = (kind: Demand['kind'], values: Readonly<Record<string, string | undefined>> = {}) =>
    Object.entries(values).flatMap(([attribute, value]) => (value === undefined ? [] : [{ kind, attribute, value }]));
  return [
    ...toDemands('exact', { type, source, subject }),
    ...toDemands('exact', exact),
    ...toDemands('prefix', prefix),
    ...toDemands('suffix', suffix),
    ...all.flatMap(demandsOf),
  ];
}

function contradict(one: Demand, other: Demand): boolean {
  if (one.attribute !== other.attribute) return false;
  if (other.kind === 'exact' && one.kind !== 'exact') return contradict(other, one);
  if (one.kind === 'exact') return !holds(one.value, other);
  return (
    one.kind === 'prefix' &&
    other.kind === 'prefix' &&
    !one.value.startsWith(other.value) &&
    !other.value.startsWith(one.value)
  );
}

function holds(value: string, { kind, value: asked }: Demand): boolean {
  if (kind === 'exact') return value === asked;
  return kind === 'prefix' ? value.startsWith(asked) : value.endsWith(asked);
}

function acceptsAll(filter: Filter): boolean {
  const { all, ...rest } = filter;
  return Object.keys(rest).length === 0 && all !== undefined && all.every(acceptsAll);
}

/** Whether all that a filter of plain comparisons asks for is asked for anyway. */
function isImplied(filter: Filter, demands: readonly Demand[]): boolean {
  if (filter.any !== undefined || filter.not !== undefined) return false;
  const asked = demandsOf(filter);
  return (
    asked.length > 0 && asked.every((one) => demands.some((given) => JSON.stringify(given) === JSON.stringify(one)))
  );
}

function show({ kind, attribute, value }: Demand): string {
  return `${attribute} ${kind === 'exact' ? 'is' : kind === 'prefix' ? 'begins with' : 'ends with'} ${value}`;
}

function identityOf({ on, when, call, handler, with: given }: InspectedRoute['source']): string {
  return JSON.stringify([on, when, call, handler, given]);
}

function takesOwnFollowUp(type: string, on: Filter, id: string): boolean {
  const own = { id: 'x', source: `/millrace/routes/${id}`, type };
  return compileFilter(on)({ ...own, attributes: { specversion: '1.0', ...own }, data: undefined });
}
