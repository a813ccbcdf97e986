import jsonata from 'jsonata';
import type { ExprNode } from '../engine/jsonata-ast.js';

/**
 * What can be told of an expression's value before there is an event: `object` with the members it will have or, where
 * their value is nothing, lack; `literal` with its value; `unknown` for everything else.
 */
export type Shape =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Shape> }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'unknown' };

/** The shape of a JSONata expression that is known to compile. */
export function shapeOf(text: string): Shape {
  return toShape(jsonata(text).ast() as unknown as ExprNode);
}

function toShape(node: ExprNode): Shape {
  const isBare = node.stages === undefined && node.predicate === undefined && node.group === undefined;
  if (!isBare) return { kind: 'unknown' };
  if (node.type === 'string' || node.type === 'number' || node.type === 'value')
    return { kind: 'literal', value: node.value as string | number | boolean | null };
  if (node.type === 'block' && node.expressions?.length === 1) {
    const [only] = node.expressions;
    return only === undefined ? { kind: 'unknown' } : toShape(only);
  }
  if (node.type !== 'unary' || node.value !== '{') return { kind: 'unknown' };
  const pairs = node.lhs as readonly (readonly [ExprNode, ExprNode])[];
  if (pairs.some(([name]) => name.type !== 'string')) return { kind: 'unknown' };
  return { kind: 'object', members: new Map(pairs.map(([name, value]) => [String(name.value), toShape(value)])) };
}
