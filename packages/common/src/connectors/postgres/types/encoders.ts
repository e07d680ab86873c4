/**
 * From PostgreSQL's text form to the JSON of the REST contract, section 4.4. The session pins TimeZone UTC,
 * DateStyle ISO, bytea_output hex and extra_float_digits 1; the texts below rely on it.
 */
export type Encoder = (text: string) => string;

/** Any text as a JSON string. */
export const textJson: Encoder = (text) => JSON.stringify(text);

/** For texts that never hold a quote, a backslash or a control character. */
const plainJson: Encoder = (text) => `"${text}"`;

export const booleanJson: Encoder = (text) => (text === 't' ? 'true' : 'false');

/** int2 and int4: their text is a JSON number. */
export const integerJson: Encoder = (text) => text;

/** A number as long as a browser reads it exactly, else a decimal string. */
export const bigintJson: Encoder = (text) =>
  text.length <= 15 || Number.isSafeInteger(Number(text)) ? text : plainJson(text);

/** float4 and float8 print the shortest text that reads back the same; NaN and the infinities are no JSON. */
export const floatJson: Encoder = (text) => {
  const last = text.charCodeAt(text.length - 1);
  return last >= 48 && last <= 57 ? text : plainJson(text);
};

/** A loop, because a pattern would look at a long run of inner zeros again and again. */
function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}

/** Sign, digits without zeros at either end, and the power of ten of the last digit: equal for equal values. */
function canonicalDecimal(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = withoutTrailing(digits, '0');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${String(power)}`;
}

const withoutTrailingZeros = (text: string): string =>
  text.includes('.') ? withoutTrailing(withoutTrailing(text, '0'), '.') : text;

/** A number if its decimal value survives the double (1.50 → 1.5), else the text itself, digits and all. */
export const numericJson: Encoder = (text) => {
  const last = text.charCodeAt(text.length - 1);
  if (last < 48 || last > 57) return plainJson(text);
  // Fifteen digits always survive.
  if (text.length <= 15) return withoutTrailingZeros(text);
  const number = String(Number(text));
  return number !== 'Infinity' && canonicalDecimal(number) === canonicalDecimal(text)
    ? number
    : plainJson(text);
};

/** `YYYY-MM-DD HH:MM:SS[.ffffff]`: infinities, years BC and years above 9999 look different and stay as they are. */
const isOrdinary = (text: string): boolean => text.charCodeAt(4) === 45 && text.charCodeAt(10) === 32;

const bcSuffix = ' BC';

export const timestampJson: Encoder = (text) =>
  isOrdinary(text) && !text.endsWith(bcSuffix) ? `"${text.slice(0, 10)}T${text.slice(11)}"` : plainJson(text);

export const timestamptzJson: Encoder = (text) =>
  isOrdinary(text) && text.endsWith('+00')
    ? `"${text.slice(0, 10)}T${text.slice(11, -3)}Z"`
    : plainJson(text);

/** date, time, timetz, uuid: digits and punctuation only. */
export const punctuatedJson: Encoder = plainJson;

/** `\x` and hexadecimal digits. */
export const byteaJson: Encoder = (text) => `"\\${text}"`;

/**
 * json and jsonb pass through unparsed, so that numbers keep every digit. Line ends can only stand between
 * tokens; they go, for a row is one line.
 */
export const jsonJson: Encoder = (text) =>
  text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text;
