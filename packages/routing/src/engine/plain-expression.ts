import type { ExprNode } from './jsonata-ast.ts';

/**
 * Functions whose time and result grow no faster than their arguments. Not among them: what takes functions, repeats,
 * fills up, sorts, compares each with each, or reads pictures and regular expressions.
 */
const PLAIN_FUNCTIONS = new Set(
  (
    'string length substring substringBefore substringAfter uppercase lowercase trim contains number boolean not exists ' +
    'count sum max min average abs floor ceil round type keys lookup merge append now millis'
  ).split(' '),
);
const PLAIN_OPERATORS = new Set('+ - * / % = != < > <= >= and or in & ?: ??'.split(' '));
/** Each call may lengthen its text by escapes, so calls inside calls are counted. */
const MAX_NESTED_CALLS = 3;
/** What else the parser may hang on a node: groups, tuples, parents, calls in a chain. */
const UNUSUAL_KEYS = ['group', 'focus', 'index', 'tuple', 'ancestor', 'slot', 'seekingParent', 'nextFunction', 'thunk'];

interface Place {
  /** Whether the node is evaluated once per item of a list: the whole event must not be repeated there. */
  readonly isRepeated: boolean;
  readonly calls: number;
}

/**
 * Whether evaluating it takes time and space in proportion to its own length times the event's, whatever the event: it
 * then needs no process of its own. Says no to whatever it does not know.
 */
export function isPlain(node: ExprNode, place: Place = { isRepeated: false, calls: 0 }): boolean {
  if (UNUSUAL_KEYS.some((key) => node[key] !== undefined)) return false;
  const isPlainHere = (child: ExprNode | undefined) => child !== undefined && isPlain(child, place);
  const filters = [...(node.stages ?? []), ...(node.predicate ?? [])];
  if (!filters.every(({ type, expr }) => type === 'filter' && isPlain(expr, { ...place, isRepeated: true })))
    return false;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
    case 'name':
      return true;
    case 'variable':
      return node.value === '' || (node.value === '$' && !place.isRepeated);
    case 'path':
      return isPlainPath(node.steps ?? [], place);
    case 'binary':
      return PLAIN_OPERATORS.has(String(node.value)) && isPlainHere(node.lhs as ExprNode) && isPlainHere(node.rhs);
    case 'unary':
      return isPlainUnary(node, isPlainHere);
    case 'condition':
      return (
        isPlainHere(node.condition) && isPlainHere(node.then) && (node.else === undefined || isPlainHere(node.else))
      );
    case 'block':
      return node.expressions?.length === 1 && node.expressions.every(isPlainHere);
    case 'function':
      return isPlainCall(node, place);
    default:
      return false;
  }
}

/** What is built may only be the last step: steps over what was built could double it each time. */
function isPlainPath(steps: readonly ExprNode[], place: Place): boolean {
  return steps.every((step, at) => {
    if (step.type === 'name' || (at === 0 && step.type === 'variable')) return isPlain(step, place);
    return at > 0 && at === steps.length - 1 && isPlain(step, { ...place, isRepeated: true });
  });
}

function isPlainUnary(node: ExprNode, isPlainHere: (child: ExprNode | undefined) => boolean): boolean {
  if (node.value === '-') return isPlainHere(node.expression);
  if (node.value === '[') return (node.expressions ?? []).every(isPlainHere);
  const pairs = node.lhs as readonly (readonly ExprNode[])[];
  return node.value === '{' && pairs.every(([name, value]) => name?.type === 'string' && isPlainHere(value));
}

function isPlainCall(node: ExprNode, place: Place): boolean {
  if (place.calls === MAX_NESTED_CALLS || node.procedure?.type !== 'variable') return false;
  if (!PLAIN_FUNCTIONS.has(String(node.procedure.value))) return false;
  return (node.arguments ?? []).every((argument) => isPlain(argument, { ...place, calls: place.calls + 1 }));
}
