const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const timePattern = /^(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?$/;
const offsetPattern = /(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const minuteMs = 60_000;

/** Milliseconds at midnight UTC, or undefined when the calendar has no such day or PostgreSQL no such year. */
function midnight(text: string): number | undefined {
  const match = datePattern.exec(text);
  if (!match || match[1] === '0000') return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // Some engines roll the 31st of a short month over instead of refusing it.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? undefined : ms;
}

/** `YYYY-MM-DD` that names a real day of the years 1 to 9999, unchanged; otherwise undefined. */
export const dateText = (text: string): string | undefined =>
  midnight(text) === undefined ? undefined : text;

function timeOfDay(text: string): { ms: number; fraction: string } | undefined {
  const match = timePattern.exec(text);
  if (!match) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  // RFC 3339 knows the leap second; it becomes the first second of the next minute, as in PostgreSQL.
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return { ms: ((hours * 60 + minutes) * 60 + seconds) * 1_000, fraction: match[4] ?? '' };
}

function offsetMs(match: RegExpExecArray | null): number | undefined {
  if (match?.[1] === undefined) return 0;
  const [hours, minutes] = [Number(match[2]), Number(match[3])];
  if (hours > 23 || minutes > 59) return undefined;
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * minuteMs;
}

/**
 * A point in time as `YYYY-MM-DD HH:MM:SS[.fraction]+00`, or undefined when the text names none. Accepts RFC
 * 3339, and without a zone (taken as UTC) also without seconds or time. UTC, because a `timestamp` column
 * ignores the offset in what it is compared with; the fraction is kept digit by digit.
 */
export function dateTimeText(text: string): string | undefined {
  const dayText = text.slice(0, 10);
  const day = midnight(dayText);
  if (day === undefined) return undefined;
  if (text.length === 10) return `${dayText} 00:00:00+00`;
  if (!/^[Tt ]$/.test(text.slice(10, 11))) return undefined;
  const zone = offsetPattern.exec(text.slice(11));
  const time = timeOfDay(text.slice(11, zone ? 11 + zone.index : undefined));
  const offset = offsetMs(zone);
  if (!time || offset === undefined) return undefined;
  const utc = day + time.ms - offset;
  if (utc < -62_135_596_800_000 || utc >= 253_402_300_800_000) return undefined;
  const iso = new Date(utc).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${time.fraction}+00`;
}
