import { Type } from 'typebox';

/** Which page of a list a caller wants, as a query has it: text. */
export const PAGE_FIELDS = {
  limit: Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', default: '50' }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
};

/** The query of a list that takes no filter. */
export const PAGE_QUERY = Type.Object(PAGE_FIELDS, { additionalProperties: false });

interface PageInput {
  readonly limit: string;
  readonly cursor?: string | undefined;
}

/** 1 to 200 items, 50 where the caller names no limit. */
export function toPage({ limit, cursor }: PageInput): { limit: number; cursor?: string } {
  return { limit: Number(limit), ...(cursor === undefined ? {} : { cursor }) };
}
