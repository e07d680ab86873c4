import { createHash } from 'node:crypto';

/** Numbers in [0, 1) that are the same for the same seed, so that what a scenario chose can be chosen again. */
export type Random = () => number;

/** Mulberry32: 32 bits of state are plenty to choose organizations and moments. */
export function seededRandom(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
