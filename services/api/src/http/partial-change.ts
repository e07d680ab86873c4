import { isDeepStrictEqual } from 'node:util';
import type { IfMatch } from './preconditions';

// Updates are partial (REST contract, section 1.9).

/** An update as a service takes it; it checks `ifMatch` once it has locked what it changes. */
export interface Update<Content> {
  change: Partial<Content>;
  ifMatch: IfMatch;
}

/** Only what was sent: an absent field stays as it is. */
export function sentFields<Content extends object>(fields: {
  [Field in keyof Content]: Content[Field] | undefined;
}): Partial<Content> {
  const sent = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent) as Partial<Content>;
}

/** Whether everything stays as it is. Such an update writes nothing: no new version, no new time. */
export const changesNothing = <Content extends object>(before: Content, change: Partial<Content>): boolean =>
  Object.entries(change).every(([field, value]) => isDeepStrictEqual(before[field as keyof Content], value));
