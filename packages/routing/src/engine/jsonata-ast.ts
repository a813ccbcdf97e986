/** A node of JSONata's syntax tree, as far as we read it; its published types leave out most of it. */
export interface ExprNode {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly ExprNode[];
  readonly expressions?: readonly ExprNode[];
  readonly expression?: ExprNode;
  readonly arguments?: readonly ExprNode[];
  readonly procedure?: ExprNode;
  readonly condition?: ExprNode;
  readonly then?: ExprNode;
  readonly else?: ExprNode;
  readonly lhs?: ExprNode | readonly (readonly ExprNode[])[];
  readonly rhs?: ExprNode;
  readonly stages?: readonly Filter[];
  readonly predicate?: readonly Filter[];
  readonly [key: string]: unknown;
}

interface Filter {
  readonly type: string;
  readonly expr: ExprNode;
}

/** Every node of a tree, in no particular order. */
export function* nodesIn(tree: unknown): Generator<ExprNode> {
  if (Array.isArray(tree)) {
    for (const child of tree) yield* nodesIn(child);
  } else if (typeof tree === 'object' && tree !== null && !(tree instanceof RegExp)) {
    if ('type' in tree) yield tree as ExprNode;
    for (const child of Object.values(tree)) yield* nodesIn(child);
  }
}
