import { eventually } from '@loupe/common/testing';
import type { Stage } from './scenario';

/** Seconds from now until a run that is started from now on comes to a runner by its hint. */
export async function untilHintsArrive(stage: Stage): Promise<number> {
  const began = performance.now();
  const before = new Set(await stage.redis.hintsTaken());
  const customer = stage.customers[1];
  const probing = setInterval(() => {
    customer?.start('SELECT 1').then((id) => stage.load.acknowledged.push(id), () => undefined);
  }, 100); // prettier-ignore
  try {
    await eventually(
      'a run comes by its hint',
      async () => [...(await stage.redis.hintsTaken())].some((id) => !before.has(id)),
      30_000,
    );
    return (performance.now() - began) / 1_000;
  } finally {
    clearInterval(probing);
  }
}
