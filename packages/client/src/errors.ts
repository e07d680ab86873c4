import type { components } from './generated/schema.ts';

type Run = components['schemas']['Run'];

/** An answer outside 2xx. */
export class LoupeApiError extends Error {
  override readonly name = 'LoupeApiError';
  readonly status: number;
  /** Such as `not_found`; `unexpected_answer` where something before the API answered, such as a proxy. */
  readonly type: string;
  /** What the server's log calls it by. */
  readonly errorId: string | undefined;
  /** What is wrong with which field of the request. */
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined;

  constructor(message: string, facts: Omit<LoupeApiError, keyof Error>) {
    super(message);
    this.status = facts.status;
    this.type = facts.type;
    this.errorId = facts.errorId;
    this.fields = facts.fields;
    this.retryAfter = facts.retryAfter;
  }
}

/** A run that ended without a result: `failed`, `cancelled` or `timeout`. The message is the run's own. */
export class LoupeRunError extends Error {
  override readonly name = 'LoupeRunError';
  readonly run: Run;

  constructor(run: Run) {
    super(run.error_message ?? `The run ended as ${run.status}`);
    this.run = run;
  }

  get status(): Run['status'] {
    return this.run.status;
  }
}

interface ErrorBody {
  message: string;
  details?: { fields?: Record<string, string> };
  error: { type: string; error_id?: string };
}

/** @param body what came with the answer, as JSON if it was any */
export function apiError(response: Response, body: unknown): LoupeApiError {
  const known = isErrorBody(body) ? body : undefined;
  return new LoupeApiError(known?.message ?? `HTTP ${response.status} ${response.statusText}`.trim(), {
    status: response.status,
    type: known?.error.type ?? 'unexpected_answer',
    errorId: known?.error.error_id,
    fields: known?.details?.fields ?? {},
    retryAfter: retryAfterOf(response),
  });
}

function isErrorBody(body: unknown): body is ErrorBody {
  const { message, error } = (body ?? {}) as Partial<ErrorBody>;
  return typeof message === 'string' && typeof error?.type === 'string';
}

/** Seconds; the API sends no dates. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
