import Joi from 'joi';
import type { RunPool } from '../models';

/**
 * The hint that a run was admitted: what BullMQ carries. It is disposable; PostgreSQL holds the truth, so a hint that
 * is lost, doubled or late costs time and nothing else.
 */
export interface RunHint {
  runId: string;
  epoch: number;
}

/** One queue per pool, so that operators scale and watch them apart. */
export const queueName = (pool: RunPool): string => `runs-${pool}`;

/** All keys of one installation share a Redis Cluster slot by this hash tag. */
export const keyPrefix = (namespace: string): string => `{${namespace}}`;

/** The same admission always has the same id: pushing it again adds nothing while its job exists. */
export const jobId = (hint: RunHint): string => `r-${hint.runId}-${hint.epoch}`;

const schema = Joi.object<RunHint>({
  runId: Joi.string().uuid().required(),
  epoch: Joi.number().integer().min(1).max(2_147_483_647).required(),
})
  .unknown(true)
  .required();

/** A job's data, or undefined when somebody else put the job there. */
export function parseRunHint(data: unknown): RunHint | undefined {
  const checked: Joi.ValidationResult<RunHint> = schema.validate(data);
  return checked.error === undefined ? { runId: checked.value.runId, epoch: checked.value.epoch } : undefined;
}
