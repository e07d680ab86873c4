import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Ground } from '../runs/ground';
import { readUsed, usedPerRun } from '../runs/resources';
import { offer } from './arrivals';
import type { Customer } from './customers';
import { countLive, readWaits, untilNoneIsLive, type Waits } from './waits';

/** What both halves of a pair share. */
export interface Scene {
  ground: Ground;
  /** Loupe's own database. */
  metadata: Client;
  big: Customer;
  others: readonly Customer[];
  /** Milliseconds for which runs are offered; the first part of it is not counted. */
  offered: number;
  warmUp: number;
}

/** When the others ask, and which of them. */
export interface OthersLoad {
  moments: readonly number[];
  turns: readonly number[];
}

export interface HalfFigures {
  others: Waits;
  big: Waits;
  /** Runs that the big one had queued at the end. */
  backlog: number;
  /** Cores that each process kept busy. */
  cores: Record<string, number>;
}

/** Measured one after the other, so that the machine is in the same mood. */
export interface Pair {
  quiet: HalfFigures;
  flood: HalfFigures;
}

/** Keeps the big one as busy as the half asks for, until the moment that `performance.now()` will show. */
export type BigLoad = (scene: Scene, until: number) => Promise<unknown>;

/** As soon as a run has ended there is another, and two wait: the limit is always reached, and nothing piles up. */
export const keepBusy =
  (limit: number): BigLoad =>
  async ({ metadata, big }, until) => {
    const { promise: failure, reject } = Promise.withResolvers<never>();
    let starting = 0;
    const start = (): void => {
      starting += 1;
      big.startRun().then(() => (starting -= 1), reject);
    };
    while (performance.now() < until) {
      const missing = limit + 2 - (await countLive(metadata, [big.datasourceId])) - starting;
      for (let i = 0; i < missing; i += 1) start();
      await Promise.race([delay(10), failure]);
    }
  };

/** More than can be served, whatever becomes of it. */
export const floodWith =
  (moments: readonly number[]): BigLoad =>
  ({ big }) =>
    offer(moments, () => big.startRun());

export async function measureHalf(
  scene: Scene,
  load: BigLoad,
  { moments, turns }: OthersLoad,
): Promise<HalfFigures> {
  const { ground, metadata, big, others, offered, warmUp } = scene;
  const otherIds = others.map(({ datasourceId }) => datasourceId);
  const offering = Promise.all([
    load(scene, performance.now() + offered),
    offer(moments, async (index) => others[turns[index] ?? 0]?.startRun()),
  ]);
  await Promise.race([delay(warmUp), offering]);
  const [from, usedBefore] = [new Date(), await readUsed(ground)];
  await offering;
  const [until, usedAfter] = [new Date(), await readUsed(ground)];
  const seconds = (until.getTime() - from.getTime()) / 1_000;
  const backlog = await countLive(metadata, [big.datasourceId]);
  await untilNoneIsLive(metadata, otherIds);
  const figures = {
    others: await readWaits(metadata, otherIds, { of: 'created_at', from, until }),
    big: await readWaits(metadata, [big.datasourceId], { of: 'started_at', from, until }),
    backlog,
    cores: usedPerRun(usedBefore, usedAfter, seconds).cpu,
  };
  const left = big.datasourceId;
  await big.startOver();
  await untilNoneIsLive(metadata, [left]);
  return figures;
}
