import type { Sample, Variant } from './variant';

/** What came of one measurement. */
export interface Load {
  samples: Sample[];
  /** From the first request to the last result. */
  seconds: number;
}

/** `clients` at a time, each asking again as soon as it has its result, for so long. */
export async function loadFor(variant: Variant, clients: number, milliseconds: number): Promise<Load> {
  const until = performance.now() + milliseconds;
  return measure(variant, { clients, goesOn: () => performance.now() < until });
}

/** One after the other, so many. */
export async function oneByOne(variant: Variant, runs: number): Promise<Load> {
  let left = runs;
  return measure(variant, { clients: 1, goesOn: () => (left -= 1) >= 0 });
}

async function measure(
  variant: Variant,
  { clients, goesOn }: { clients: number; goesOn: () => boolean },
): Promise<Load> {
  const samples: Sample[] = [];
  const began = performance.now();
  const client = async (): Promise<void> => {
    while (goesOn()) samples.push(await variant.once());
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { samples, seconds: (performance.now() - began) / 1_000 };
}
