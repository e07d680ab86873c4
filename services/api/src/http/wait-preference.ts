/** How long an answer may be held back until what it speaks of is finished. */
export interface Wait {
  seconds: number;
  /** Aborted when nobody waits any more: the client hung up, or the server stops. */
  signal: AbortSignal;
}

/** Below the minute after which common proxies give up on a request without an answer. */
const longestSeconds = 30;

/** RFC 7240, section 4.3. What is not understood is no error, as section 2 says of every preference. */
const waitPreference = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i;

/** Seconds that a `Prefer` header asks to wait at most, cut to thirty; undefined where it asks for none. */
export function waitSecondsOf(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header.join(',') : header;
  const seconds = Number(waitPreference.exec(text ?? '')?.[1] ?? 0);
  return seconds === 0 ? undefined : Math.min(seconds, longestSeconds);
}

/** Says how long was waited at most. */
export const waitHeader = ({ seconds }: Wait): Record<string, string> => ({
  'Preference-Applied': `wait=${seconds}`,
});
