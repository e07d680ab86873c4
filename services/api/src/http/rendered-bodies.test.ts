import { createMemoryCache, type WantedBody } from '@loupe/common/cache';
import { createCacheMetrics, createMetrics } from '@loupe/common/observability';
import type { Resource } from '@loupe/common/models';
import { bodiesOf, render, type Rendering } from './rendered-bodies';

const scope = { orgId: 'org' };

/** A hundred wholes of so many bytes, and what is asked for them. */
function arrange(bytes: number) {
  const asked: { kept: WantedBody[][]; read: string[][] } = { kept: [], read: [] };
  const cache = createMemoryCache({ maxBytes: 100_000_000, lifetimeSeconds: 60 });
  const wholes = Array.from({ length: 100 }, (_, i) => wholeOf(`whole ${i}`));
  const rendering: Rendering<Resource> = {
    kind: 'whole',
    cache: {
      get(wanted) {
        asked.kept.push([...wanted]);
        return cache.get(wanted);
      },
      set: (key, kept) => cache.set(key, kept),
    },
    metrics: createCacheMetrics(createMetrics('api', { version: '0' })),
    findAll(_scope, ids) {
      asked.read.push([...ids]);
      return Promise.resolve(wholes.filter(({ id }) => ids.includes(id)));
    },
    present: ({ id }) => ({ id, text: 'x'.repeat(bytes) }),
  };
  return { asked, wholes, rendering };
}

function wholeOf(id: string): Resource {
  const at = new Date(0);
  return { id, orgId: scope.orgId, createdBy: 'user', createdAt: at, updatedAt: at, version: 1 };
}

async function idsOf(groups: AsyncIterable<Buffer[]>): Promise<string[]> {
  const ids: string[] = [];
  for await (const group of groups) {
    for (const body of group) ids.push((JSON.parse(body.toString()) as { id: string }).id);
  }
  return ids;
}

it('takes large kept bodies as they are sent, never all at once', async () => {
  const { asked, wholes, rendering } = arrange(120_000);
  for (const whole of wholes) render(rendering, whole);
  const groups = bodiesOf(rendering, scope, wholes);
  await groups.next();
  expect(asked.kept.flat().length).toBeLessThan(100);
  const rest = await idsOf(groups);
  expect(rest.at(-1)).toBe('whole 99');
  expect(asked.kept.every((wanted) => wanted.length <= 20)).toBe(true);
  expect(asked.kept.flat().map(({ key }) => key)).toEqual(wholes.map(({ id }) => `whole:org:${id}`));
  expect(asked.read).toEqual([]);
});

it('reads by one statement all that are missing of a page, wherever they stand', async () => {
  const { asked, wholes, rendering } = arrange(1_000);
  const missing = wholes.filter((_, i) => i % 15 === 7);
  for (const whole of wholes) if (!missing.includes(whole)) render(rendering, whole);
  const ids = wholes.map(({ id }) => id);
  expect(await idsOf(bodiesOf(rendering, scope, wholes))).toEqual(ids);
  expect(await idsOf(bodiesOf(rendering, scope, wholes))).toEqual(ids);
  expect(asked.read).toHaveLength(1);
});
