import type { Load } from './closed-loop';
import type { Used } from './resources';
import type { Sample } from './variant';

/** Milliseconds. */
export interface Spread {
  p50: number;
  p95: number;
  p99: number;
}

/** One variant under load in one round. */
export interface RoundFigures {
  runsPerSecond: number;
  toStart: Spread;
  toResult: Spread;
  used: Used;
}

const measures = ['toStart', 'toFinal', 'toResult'] as const satisfies (keyof Sample)[];

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export function spreadsOf({ samples }: Pick<Load, 'samples'>): Record<(typeof measures)[number], Spread> {
  const [toStart, toFinal, toResult] = measures.map((name) =>
    spreadOf(samples.map((sample) => sample[name])),
  );
  return { toStart, toFinal, toResult } as Record<(typeof measures)[number], Spread>;
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}

/** The same shape, each number the median over all rounds. Numbers are all that is in it. */
export function medians<Figures extends object>(rounds: readonly Figures[]): Figures {
  const [first] = rounds;
  if (first === undefined) throw new Error('there is no round');
  const over = (key: string): unknown => {
    const values = rounds.map((round) => (round as Record<string, unknown>)[key]);
    if (values.every((value) => typeof value === 'number')) return median(values);
    return medians(values.map((value) => value ?? {}));
  };
  return Object.fromEntries(Object.keys(first).map((key) => [key, over(key)])) as Figures;
}
