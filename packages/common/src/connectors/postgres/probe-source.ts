import { ConnectorError } from '../connector-error';
import type { ExecuteOutcome, ExecuteRequest, ProbeOutcome, RowSink, TaskRequest } from '../session';
import { askWarnings } from './role-warnings';
import type { AskCatalog } from './types/type-lookup';

export interface ProbedSession {
  /** Milliseconds that the connection took. */
  connectMs: number;
  execute: (request: ExecuteRequest) => Promise<ExecuteOutcome>;
  ask: AskCatalog;
}

/** A server that shows its catalog to nobody, or has another one, is no worse a source for it. */
async function warningsOf(ask: AskCatalog): Promise<string[]> {
  try {
    return await askWarnings(ask);
  } catch (error) {
    if (error instanceof ConnectorError && error.errorClass === 'cancelled') throw error;
    return ['What the user may do in the database could not be found out.'];
  }
}

/** Times a trivial statement, looks at the role's power, and hands both on as one row. */
export async function probeSource(
  { connectMs, execute, ask }: ProbedSession,
  request: TaskRequest,
  sink: RowSink,
): Promise<ProbeOutcome> {
  const begin = performance.now();
  const { executionTimeMs } = await execute({ ...request, text: 'SELECT 1', values: [], maxRows: 1 });
  const latencyMs = Math.round(connectMs + performance.now() - begin);
  const warnings = await warningsOf(ask);
  await sink.columns([
    { name: 'latency_ms', dataType: 'INT4' },
    { name: 'warnings', dataType: 'JSON' },
  ]);
  await sink.rows([JSON.stringify([latencyMs, warnings])]);
  return { rowCount: 1, truncated: false, executionTimeMs, latencyMs, warnings };
}
