import { dateTimeText } from '@loupe/common/models';

/** What a parameter of type datetime may leave out and RFC 3339 does not: seconds and offset. */
const form = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** A moment as RFC 3339 writes it, with its offset; undefined for anything else, and for days that do not exist. */
export function parseRfc3339(text: string): Date | undefined {
  const utc = form.test(text) ? dateTimeText(text) : undefined;
  return utc === undefined ? undefined : new Date(utc.replace(' ', 'T').replace('+00', 'Z'));
}
