import type { ConnectorSession, OpenOptions } from '../session';
import { connectSource } from './connect';
import {
  type HeldConnection,
  isSame,
  type KeepLimits,
  KeptConnections,
  type Source,
  type SourceIdentity,
} from './kept-connections';
import { SourceSession } from './source-session';

export type { SourceIdentity } from './kept-connections';

/** Opens sessions, and keeps for a while what the next one on the same source can use. */
export interface SessionSource {
  /**
   * A session on the source, on a kept connection where there is one. A later attempt of a run always gets a new
   * connection.
   *
   * @throws ConnectorError when the connection cannot be made, or `signal` is aborted meanwhile
   */
  open(identity: SourceIdentity, type: string, options: OpenOptions<object>): Promise<ConnectorSession>;
  /** Closes what is kept of a datasource, and keeps nothing that is in use now: it was changed or deleted. */
  forget(datasourceId: string): void;
  /** Closes what is kept, and from now on keeps nothing. Resolves when no connection is being recycled any more. */
  close(): Promise<void>;
}

export interface SessionSourceOptions extends Partial<KeepLimits> {
  /** Milliseconds after which a connection is not kept any more; what changed for the role since then would not reach it. */
  maxAgeMs?: number;
}

const defaults = { idleMs: 10_000, maxIdle: 16, maxIdlePerDatasource: 4, maxAgeMs: 60_000 };

/** A connection that is being cleaned for whoever comes next. */
interface Recycling {
  source: Source;
  /** Somebody waits for it already. */
  isWanted: boolean;
  done: Promise<void>;
}

class KeepingSource implements SessionSource {
  private readonly limits: Required<SessionSourceOptions>;
  private readonly kept: KeptConnections;
  private readonly inUse = new Set<HeldConnection>();
  private readonly recycling = new Set<Recycling>();
  private isClosed = false;

  constructor(options: SessionSourceOptions) {
    this.limits = { ...defaults, ...options };
    this.kept = new KeptConnections(this.limits);
  }

  async open(
    identity: SourceIdentity,
    type: string,
    options: OpenOptions<object>,
  ): Promise<ConnectorSession> {
    const source: Source = { identity, type, settings: options.settings };
    const kept = options.tag.attempt > 1 ? undefined : await this.take(source, options.signal);
    const connection = kept?.connection ?? (await connectSource(type, options));
    const held = { source, connection, madeAt: kept?.madeAt ?? performance.now() };
    this.inUse.add(held);
    return new SourceSession({
      use: options,
      connection,
      isKept: kept !== undefined,
      connect: async () => {
        held.connection = await connectSource(type, options);
        held.madeAt = performance.now();
        return held.connection;
      },
      giveBack: (endedWell) => this.takeBack(held, endedWell),
    });
  }

  /** A kept connection, or one that will be kept in a moment: to clean takes a fraction of what connecting does. */
  private async take(source: Source, signal: AbortSignal): Promise<HeldConnection | undefined> {
    if (signal.aborted) return undefined;
    const kept = this.kept.take(source);
    if (kept !== undefined) return kept;
    const soon = [...this.recycling].find((one) => !one.isWanted && isSame(one.source, source));
    if (soon === undefined) return undefined;
    soon.isWanted = true;
    await unlessAborted(soon.done, signal);
    if (!signal.aborted) return this.kept.take(source);
    soon.isWanted = false;
    return undefined;
  }

  forget(datasourceId: string): void {
    const isIt = ({ source }: HeldConnection): boolean => source.identity.datasourceId === datasourceId;
    this.kept.closeWhere(isIt);
    for (const held of this.inUse) if (isIt(held)) this.inUse.delete(held);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.inUse.clear();
    this.kept.closeWhere(() => true);
    await Promise.all([...this.recycling].map(({ done }) => done));
  }

  /** What is not among those in use any more was forgotten, or given back before. */
  private takeBack(held: HeldConnection, endedWell: boolean): void {
    const isWanted = this.inUse.has(held) && endedWell && !this.isClosed;
    const isYoung = performance.now() - held.madeAt < this.limits.maxAgeMs;
    if (isWanted && isYoung) {
      const recycling: Recycling = {
        source: held.source,
        isWanted: false,
        done: this.recycle(held).finally(() => this.recycling.delete(recycling)),
      };
      this.recycling.add(recycling);
      return;
    }
    this.inUse.delete(held);
    held.connection.close();
  }

  /** Off the run's path: its result is delivered by now. */
  private async recycle(held: HeldConnection): Promise<void> {
    const { connection } = held;
    const isAsNew = await connection.recycle(() => this.kept.drop(connection));
    const isStillWanted = this.inUse.delete(held) && !this.isClosed;
    if (!isAsNew) return;
    if (isStillWanted) this.kept.put(held);
    else connection.close();
  }
}

/** Resolves when `done` has, or the signal aborts. */
async function unlessAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => resolve(undefined);
  signal.addEventListener('abort', onAbort);
  await Promise.race([done, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

/** Sessions on kept connections; defaults: 10 s unused, 60 s in all, 16 of them, 4 per datasource. */
export const createSessionSource = (options: SessionSourceOptions = {}): SessionSource =>
  new KeepingSource(options);
