import { isDeepStrictEqual } from 'node:util';
import type { SourceConnection } from '../connection';

/** Which source a connection is for. Only the very same organization, datasource and version may use it again. */
export interface SourceIdentity {
  orgId: string;
  datasourceId: string;
  /** Rises with every change of settings or secrets. */
  datasourceVersion: number;
}

/** A source as it is connected to. */
export interface Source {
  identity: SourceIdentity;
  type: string;
  settings: object;
}

export interface HeldConnection {
  source: Source;
  connection: SourceConnection;
  /** When it was made: milliseconds of the monotonic clock. */
  madeAt: number;
}

export interface KeepLimits {
  /** Milliseconds that an unused connection is kept. */
  idleMs: number;
  /** Most unused connections, over all sources. */
  maxIdle: number;
  maxIdlePerDatasource: number;
}

interface Kept extends HeldConnection {
  timer: NodeJS.Timeout;
}

const isSameDatasource = (a: SourceIdentity, b: SourceIdentity): boolean =>
  a.orgId === b.orgId && a.datasourceId === b.datasourceId;

/**
 * The version says it all; the settings are compared as well because a mistake with it would hand out what another password has
 * opened.
 */
export const isSame = (a: Source, b: Source): boolean => a.type === b.type && isDeepStrictEqual(a, b);

/** Connections that nobody uses, oldest first, each of them as if it were new. */
export class KeptConnections {
  private kept: Kept[] = [];

  constructor(private readonly limits: KeepLimits) {}

  /** The connection to the source that was used last; those to earlier versions of it are closed. */
  take(source: Source): HeldConnection | undefined {
    const { identity } = source;
    this.closeWhere(
      (kept) =>
        isSameDatasource(kept.source.identity, identity) &&
        kept.source.identity.datasourceVersion < identity.datasourceVersion,
    );
    const found = this.kept.findLast((kept) => isSame(kept.source, source));
    if (found) this.remove(found);
    return found;
  }

  /** Keeps a connection that was recycled, in place of the one that waits longest where there are too many. */
  put(held: HeldConnection): void {
    const kept = { ...held, timer: setTimeout(() => this.close(kept), this.limits.idleMs) };
    this.kept.push(kept);
    const { identity } = held.source;
    this.closeOldest(this.limits.maxIdlePerDatasource, (other) =>
      isSameDatasource(other.source.identity, identity),
    );
    this.closeOldest(this.limits.maxIdle, () => true);
  }

  /** Forgets a connection that was lost. */
  drop(connection: SourceConnection): void {
    const found = this.kept.find((kept) => kept.connection === connection);
    if (found) this.remove(found);
  }

  closeWhere(condition: (held: HeldConnection) => boolean): void {
    for (const kept of this.kept.filter(condition)) this.close(kept);
  }

  private closeOldest(most: number, condition: (held: HeldConnection) => boolean): void {
    const all = this.kept.filter(condition);
    for (const kept of all.slice(0, Math.max(0, all.length - most))) this.close(kept);
  }

  private close(kept: Kept): void {
    this.remove(kept);
    kept.connection.close();
  }

  private remove(kept: Kept): void {
    clearTimeout(kept.timer);
    this.kept = this.kept.filter((other) => other !== kept);
  }
}
