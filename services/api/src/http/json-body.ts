import express, { type Request, type Response } from 'express';
import { invalid, LoupeError } from '@loupe/common/errors';

/** The ceiling of the REST contract (section 1.1). */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Nesting inside the body; the body itself does not count. */
const MAX_DEPTH = 20;

/** The key with which a careless merge changes every object of the process; no client means anything by it. */
const POISONOUS_KEY = '__proto__';

// Compressed bodies are refused: 2 MiB of them could unpack to gigabytes.
const rawBody = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The request's JSON; `{}` when it sent no body at all. */
export async function readJsonBody(req: Request, res: Response): Promise<unknown> {
  const bytes = await readBytes(req, res);
  if (bytes === undefined || bytes.length === 0) return {};
  if (req.is(['json', '+json']) === false) {
    throw invalid('The body must be JSON, sent with Content-Type: application/json');
  }
  const value = parse(decode(bytes));
  checkValue(value, 0);
  return value;
}

function readBytes(req: Request, res: Response): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    rawBody(req, res, (problem?: unknown) => {
      if (problem === undefined) resolve(req.body as Buffer | undefined);
      else reject(bodyProblem(problem));
    });
  });
}

/** What body-parser throws, by its `type`: https://github.com/expressjs/body-parser#errors */
function bodyProblem(thrown: unknown): LoupeError {
  const type = (thrown as { type?: unknown }).type;
  switch (type) {
    case 'entity.too.large':
      return new LoupeError('too_large', `The body is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`, {
        cause: thrown,
      });
    case 'encoding.unsupported':
      return invalid('The body must not be compressed', { cause: thrown });
    case 'request.aborted':
    case 'request.size.invalid':
      return invalid('The body ended early', { cause: thrown });
    default:
      return new LoupeError('internal', 'An internal error occurred', { cause: thrown });
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw invalid('The body is not valid UTF-8', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, /\d{16}/.test(text) ? keepInteger : undefined);
  } catch (error) {
    // The parser's own text would repeat a piece of the body.
    throw invalid('The body is not valid JSON', { cause: error });
  }
}

/** Integers beyond 2⁵³ come out as bigint: as a number they would silently be another value. */
function keepInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value;
  return Number.isSafeInteger(value) ? value : BigInt(source);
}

/** What JSON can say and the database or the process cannot bear. */
function checkValue(value: unknown, depth: number): void {
  if (typeof value === 'string') {
    checkText(value);
    return;
  }
  // 1e400 is JSON, and was read as infinity.
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalid('The body contains a number that is too large to be kept');
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw invalid(`The body is nested more than ${MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === POISONOUS_KEY) throw invalid(`The body must not have a field called ${key}`);
    checkText(key);
    checkValue(item, depth + 1);
  }
}

/** PostgreSQL can store neither. */
function checkText(text: string): void {
  if (text.includes('\u0000'))
    throw invalid('The body contains the character U+0000, which cannot be stored');
  if (!text.isWellFormed())
    throw invalid('The body contains half of a surrogate pair, which is no character');
}
