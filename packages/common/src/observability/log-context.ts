import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that every line inside carries: `request_id`, `run_id`, `org_id`. Snake case, as in the REST contract. */
export type LogFields = Record<string, unknown>;

const storage = new AsyncLocalStorage<LogFields>();

/** Runs `work` so that each line logged by it, or by what it awaits, carries `fields` beside those of the outer context. */
export const withLogContext = <T>(fields: LogFields, work: () => T): T =>
  storage.run({ ...storage.getStore(), ...fields }, work);

/** The fields of the present context. */
export const logContext = (): Readonly<LogFields> => storage.getStore() ?? {};
