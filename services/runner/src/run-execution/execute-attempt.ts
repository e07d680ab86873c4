import { ConnectorError, findConnector } from '@loupe/common/connectors';
import type { ConnectorSession, ResultLimits } from '@loupe/common/connectors';
import type { SessionSource } from '@loupe/common/connectors/open';
import type { Opener, SealedSecret } from '@loupe/common/crypto';
import { LoupeError } from '@loupe/common/errors';
import { type ClaimedRun, datasourceSecretPlace } from '@loupe/common/models';
import type { ResultWriter } from '@loupe/common/results';
import { type AttemptOutcome, internalFailure } from './attempt-outcome';
import { stopCauseOf } from './stop-reason';

export interface AttemptTools {
  /** Opens datasource secrets; the runner alone can. */
  opener: Opener;
  /** Keeps connections to sources for the next run. */
  sources: SessionSource;
  limits: ResultLimits;
}

/**
 * Executes a claimed run in its source and streams the rows into `writer`. Never rejects: what happened is the outcome.
 * It holds no connection to the metadata database while the source works; the writer takes one for each chunk.
 */
export async function executeAttempt(
  tools: AttemptTools,
  run: ClaimedRun,
  { writer, signal }: { writer: ResultWriter; signal: AbortSignal },
): Promise<AttemptOutcome> {
  let session: ConnectorSession | undefined;
  try {
    session = await connect(tools, run, signal);
    const { statement: text, boundValues: values, timeoutSeconds, maxRows } = run;
    const { truncated, executionTimeMs } = await session.execute(
      { text, values, timeoutSeconds, maxRows, limits: tools.limits, signal },
      {
        columns: (columns) => writer.columns(columns),
        rows: (rows) => writer.rows(rows),
      },
    );
    return { kind: 'succeeded', result: await writer.finish({ truncated, executionTimeMs }) };
  } catch (error) {
    return outcomeOf(error, run, signal);
  } finally {
    await session?.close();
  }
}

async function connect(
  { opener, sources }: AttemptTools,
  run: ClaimedRun,
  signal: AbortSignal,
): Promise<ConnectorSession> {
  const { orgId, runId, attempt, datasource } = run;
  const settings = await settingsOf(opener, run);
  const identity = { orgId, datasourceId: datasource.id, datasourceVersion: datasource.version };
  const session = await sources.open(identity, datasource.type, { settings, tag: { runId, attempt }, signal });
  if (attempt > 1) await session.stopEarlierAttempts();
  return session;
}

/** The settings as the driver needs them, secrets in place. */
async function settingsOf(opener: Opener, { orgId, datasource }: ClaimedRun): Promise<object> {
  const { id, type, settings, sealedSecrets, deleted } = datasource;
  if (deleted) throw new ConnectorError('configuration', 'The datasource was deleted');
  const connector = findConnector(type);
  if (connector === undefined) throw new ConnectorError('configuration', `There is no connector "${type}"`);
  const secrets =
    sealedSecrets === null
      ? '{}'
      : await opener.open(sealedSecrets as SealedSecret, datasourceSecretPlace(orgId, id));
  return connector.joinSecrets(settings, JSON.parse(secrets) as Record<string, unknown>);
}

/** Our own signal and the connector's class tell cases apart, never a text. */
function outcomeOf(error: unknown, run: ClaimedRun, signal: AbortSignal): AttemptOutcome {
  switch (stopCauseOf(signal)) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'preempted':
      return { kind: 'preempted' };
    case 'session_lost':
      return { kind: 'abandoned' };
    case undefined:
      break;
  }
  if (error instanceof ConnectorError) {
    if (error.errorClass === 'timeout') {
      return { kind: 'timed_out', message: `The query ran longer than its limit of ${run.timeoutSeconds} s` };
    }
    const code = error.sqlState ?? error.code ?? null;
    return { kind: 'failed', failure: { errorClass: error.errorClass, code, message: error.message } };
  }
  // Ours: the metadata database went away under the writer, a secret that does not open, a bug. The text says no more.
  const code = error instanceof LoupeError ? error.kind : null;
  return { kind: 'failed', failure: { ...internalFailure, code } };
}
