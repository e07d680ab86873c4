import { newId } from '../crypto';
import { eventually, testRedis } from '../testing';
import { openRunEndPublisher, silentRunEndPublisher } from './run-end-publisher';
import { openRunEnds, type RunEnds } from './run-ends';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()));
});

const never = new AbortController().signal;
const minute = 60_000;

async function listening() {
  const redis = testRedis();
  const ends = openRunEnds(redis);
  const publisher = openRunEndPublisher(redis);
  opened.push(ends, publisher);
  await eventually('a message arrives', async () => {
    const probe = ends.watch(newId());
    publisher.publish(newId());
    const told = newId();
    const watch = ends.watch(told);
    publisher.publish(told);
    const took = await timed(watch.lookAgain({ ms: minute, signal: never }));
    probe.close();
    watch.close();
    return took < 100;
  });
  return { ends, publisher };
}

async function timed(work: Promise<void>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

const look = (ends: RunEnds, runId: string, options = { ms: minute, signal: never }): Promise<number> =>
  timed(ends.watch(runId).lookAgain(options));

describe('whoever watches a run', () => {
  it('is told of its end at once, and of no other', async () => {
    const { ends, publisher } = await listening();
    const [mine, other] = [newId(), newId()];
    const looks = [look(ends, mine), look(ends, mine), look(ends, other)];
    publisher.publish(mine);
    const [first = 0, second = 0, third = 0] = await Promise.all(looks);
    expect(Math.max(first, second)).toBeLessThan(500);
    // Of this one nothing was said: it looks by itself.
    expect(third).toBeGreaterThan(900);
  });

  it('looks once more when it was told while it looked', async () => {
    const { ends, publisher } = await listening();
    const runId = newId();
    const [early, other] = [ends.watch(runId), ends.watch(runId)];
    const told = other.lookAgain({ ms: minute, signal: never });
    publisher.publish(runId);
    await told;
    expect(await timed(early.lookAgain({ ms: minute, signal: never }))).toBeLessThan(100);
    expect(await timed(early.lookAgain({ ms: minute, signal: never }))).toBeGreaterThan(900);
  });

  it('waits no longer than it said, or than anybody waits', async () => {
    const { ends } = await listening();
    expect(await look(ends, newId(), { ms: 30, signal: never })).toBeLessThan(500);
    const gone = new AbortController();
    const looking = look(ends, newId(), { ms: minute, signal: gone.signal });
    gone.abort();
    expect(await looking).toBeLessThan(500);
    expect(await look(ends, newId(), { ms: minute, signal: gone.signal })).toBeLessThan(500);
  });

  it('looks by itself, more often, without Redis or while it is away', async () => {
    const without = openRunEnds(undefined);
    const away = openRunEnds({ url: 'redis://127.0.0.1:1', namespace: 'away' });
    opened.push(without, away);
    for (const ends of [without, away]) {
      const took = await look(ends, newId());
      expect(took).toBeGreaterThan(150);
      expect(took).toBeLessThan(900);
    }
    silentRunEndPublisher.publish(newId());
    await silentRunEndPublisher.close();
  });
});
