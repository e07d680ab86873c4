// A document that is kept for clients comes back as an equal JSON value. JSON's numbers have no limit and JavaScript's do:
// an integer beyond 2⁵³ that was read as a number would come back as another one.

declare global {
  interface JSON {
    /** A value that JSON.stringify writes as `text`, which must be the JSON of a number, a string, a boolean or null. */
    rawJSON(text: string): object;
    isRawJSON(value: unknown): value is { rawJSON: string };
  }
}

/** JSON.parse, but JSON.stringify writes large integers of the result as they were. Throws what JSON.parse throws. */
export const parseExactJson = (text: string): unknown =>
  // No number of fewer digits is too large; most documents have none, and are read without looking at each value.
  /\d{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value;
  return Number.isSafeInteger(value) ? value : JSON.rawJSON(source);
}

/** The integer that such a document holds in a place, where a value of it is worked with; any other value as it is. */
export const withoutRawJson = (value: unknown): unknown =>
  JSON.isRawJSON(value) ? BigInt(value.rawJSON) : value;
