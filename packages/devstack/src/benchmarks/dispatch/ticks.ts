import { createDispatcher, type Dispatcher } from '@loupe/common/commands';
import type { Database } from '@loupe/common/db';
import { cpuOf } from '../runs/cpu-time';
import type { MetadataGround } from './metadata-ground';
import { fill, type QueuedRuns, replaceAdmitted } from './queued-runs';

export interface TickFigures {
  /** Runs that each tick admitted, at least. */
  admitted: number;
  /** Milliseconds of one tick, commit included. */
  p50: number;
  p95: number;
  max: number;
  /** Milliseconds of CPU that one tick took, on average: other work on the machine changes it far less than the times. */
  cpu: { postgres: number; dispatcher: number };
}

/** Slots for which a tick's budget is its most, a hundred. */
const slots = 80;
const warmUpTicks = 8;
const measuredTicks = 40;
const limits = { global: 1_000, perOrg: 10, perDatasource: 10, perUser: undefined, interactiveShare: 0.25 };

/**
 * What a tick admits ends before the next one, which therefore settles a hundred charges as well, and as many are queued
 * anew: the queue keeps its length.
 */
export async function measureTicks(ground: MetadataGround, queued: QueuedRuns): Promise<TickFigures> {
  await fill(ground, queued, slots);
  const engine = ground.open('loupe_engine');
  const dispatcher = createDispatcher({ db: engine, hints: undefined, limits });
  const rounds = async (count: number): Promise<Tick[]> => {
    const ticks: Tick[] = [];
    for (let i = 0; i < count; i += 1) {
      ticks.push(await timed(dispatcher));
      await replaceAdmitted(ground);
    }
    return ticks;
  };
  await rounds(warmUpTicks);
  const backend = await backendOf(engine);
  const before = cpuOf(backend);
  const ticks = await rounds(measuredTicks);
  const postgres = ((cpuOf(backend) - before) * 1_000) / measuredTicks;
  await engine.close();
  const dispatcherMs = ticks.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / measuredTicks;
  return { ...spreadOf(ticks), cpu: { postgres, dispatcher: dispatcherMs } };
}

interface Tick {
  ms: number;
  /** Of this process. */
  cpuMs: number;
  admitted: number;
}

async function timed(dispatcher: Dispatcher): Promise<Tick> {
  const [began, used] = [performance.now(), process.cpuUsage()];
  const admitted = (await dispatcher.tick())?.length ?? 0;
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - began, cpuMs: (user + system) / 1_000, admitted };
}

/** The server's process for the only connection that a dispatcher needs. */
async function backendOf(db: Database): Promise<number> {
  const { pid } = await db.one<{ pid: number }>({
    name: 'benchmark.backend',
    text: 'SELECT pg_backend_pid() AS pid',
  });
  return pid;
}

function spreadOf(ticks: readonly Tick[]): Omit<TickFigures, 'cpu'> {
  const sorted = ticks.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  const admitted = Math.min(...ticks.map((tick) => tick.admitted));
  return { admitted, p50: at(0.5), p95: at(0.95), max: at(1) };
}
