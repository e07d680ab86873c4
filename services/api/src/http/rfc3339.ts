const form = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** A moment as RFC 3339 writes it, with its offset; undefined for anything else, and for days that do not exist. */
export function parseRfc3339(text: string): Date | undefined {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number, number, number, number, number, number,
  ]; // prettier-ignore
  if (hour > 23 || minute > 59 || second > 59 || Number(parts[8] ?? 0) > 23 || Number(parts[9] ?? 0) > 59)
    return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  // Date carries 31 April over into May; what comes back must be what went in.
  date.setUTCFullYear(year);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return new Date(text.replace(' ', 'T').toUpperCase());
}
