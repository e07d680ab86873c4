const MAX_LENGTH = 2000;

/** What gives a secret away inside a longer text, and what to leave of it. */
const PATTERNS: readonly [RegExp, string][] = [
  // Greedy on purpose: a password may hold an @ that nobody encoded.
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)\S*@/gi, '$1[redacted]@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g, '[redacted]'],
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, '[redacted]'],
  [
    /\b(password|passwd|pwd|secret|token|api_?key)(["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s&,;]+)/gi,
    '$1$2[redacted]',
  ],
];

/** A text without URL logins, bearer tokens, JWTs, PEM blocks and `password=…`, at most 2,000 characters long. */
export function scrubText(text: string): string {
  const bounded = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return PATTERNS.reduce(
    (scrubbed, [pattern, replacement]) => scrubbed.replace(pattern, replacement),
    bounded,
  );
}
