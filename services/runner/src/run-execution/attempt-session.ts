import { ConnectorError, type ConnectorSession, findConnector } from '@loupe/common/connectors';
import type { SessionSource } from '@loupe/common/connectors/open';
import type { Opener, SealedSecret } from '@loupe/common/crypto';
import { LoupeError } from '@loupe/common/errors';
import { type ClaimedRun, datasourceSecretPlace } from '@loupe/common/models';
import { openQuarantineSession } from '../quarantine/quarantine-session';

export interface SessionTools {
  /** Opens datasource secrets; the runner alone can. */
  opener: Opener;
  sources: SessionSource;
  /** Of the process in which a run in quarantine executes, MiB. */
  quarantineMemoryMb: number;
}

const connectTimeoutMs = 10_000;

/**
 * A session on the run's source, in which nothing of its earlier attempts executes any more. In quarantine it lies in a
 * process of its own.
 */
export async function openAttemptSession(
  { opener, sources, quarantineMemoryMb: memoryMb }: SessionTools,
  run: ClaimedRun,
  signal: AbortSignal,
): Promise<ConnectorSession> {
  const { orgId, runId, attempt, datasource } = run;
  const options = {
    settings: await settingsOf(opener, run),
    tag: { runId, attempt },
    signal,
    connectTimeoutMs: connectTimeLeft(run),
  };
  const identity = { orgId, datasourceId: datasource.id, datasourceVersion: datasource.version };
  const session = await (run.pool === 'quarantine'
    ? openQuarantineSession(datasource.type, { ...options, memoryMb })
    : sources.open(identity, datasource.type, options));
  try {
    if (attempt > 1) await session.stopEarlierAttempts();
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

const connectTimeLeft = ({ kind, timeoutSeconds }: ClaimedRun): number =>
  kind === 'query' ? connectTimeoutMs : Math.min(connectTimeoutMs, Math.ceil(timeoutSeconds * 1_000));

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
  return connector.joinSecrets(settings, parseSecrets(secrets));
}

function parseSecrets(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Without its cause, whose text quotes what it could not read.
    throw new LoupeError('internal', 'The secret of the datasource cannot be read');
  }
}
