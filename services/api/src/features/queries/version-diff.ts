import { isDeepStrictEqual } from 'node:util';
import { createTwoFilesPatch } from 'diff';

export interface Change {
  from: unknown;
  to: unknown;
}

/** The members in which two objects differ. */
export function changedFields<T extends object>(from: T, to: T): Partial<Record<keyof T, Change>> {
  const fields = (Object.keys(from) as (keyof T)[]).filter(
    (field) => !isDeepStrictEqual(from[field], to[field]),
  );
  return Object.fromEntries(fields.map((field) => [field, { from: from[field], to: to[field] }])) as Partial<
    Record<keyof T, Change>
  >;
}

/** Lines taken out and put in, beyond which looking for the shortest way from one text to the other costs too much. */
const MAX_CHANGED_LINES = 500;

interface NamedText {
  name: string;
  text: string;
}

/** A unified diff, line by line; null for equal texts, and for those that have too little in common. */
export function unifiedDiff(from: NamedText, to: NamedText): string | null {
  if (from.text === to.text) return null;
  const patch = createTwoFilesPatch(from.name, to.name, from.text, to.text, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_CHANGED_LINES,
  });
  return patch ?? null;
}
