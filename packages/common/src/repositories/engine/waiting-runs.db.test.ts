import { newId } from '../../crypto';
import type { AtLimit } from '../../models';
import { createTenant, openRunStage, type RunStage, type Tenant } from '../../testing';
import { type AdmissionSource, createAdmissions } from './admission';
import type { Waiting, WaitingRequest } from './waiting-runs';

// Which runs a tick gets to see. What it does with them is decided in models/fair-queue.

let stage: RunStage;
beforeEach(async () => {
  stage = await openRunStage();
});
afterEach(() => stage.close());

const nobody: AtLimit = { orgIds: [], datasourceIds: [], memberKeys: [] };

/** Entries of the index of queued runs that the latest look read. */
let entriesRead: number;

/** Counts before the transaction ends: afterwards, the server adds them to its statistics when it likes. */
const counting: AdmissionSource = {
  one: (statement) => stage.engine.one(statement),
  transaction: (work) =>
    stage.engine.transaction(async (tx) => {
      const value = await work(tx);
      const { n } = await tx.one<{ n: string }>({
        name: 'test.entriesRead',
        text: `SELECT pg_stat_get_xact_tuples_returned('runs_ready'::regclass) AS n`,
      });
      entriesRead = Number(n);
      return value;
    }),
};

/** One look as a tick takes it, cursors kept. */
const look = (choices: Partial<WaitingRequest> = {}): Promise<Waiting> =>
  createAdmissions(counting).transaction(async (repository) => {
    await repository.enter();
    const request = { pool: 'interactive', budget: 100, orgs: 200, virtualTime: 0, atLimit: nobody } as const;
    const waiting = (await repository.waiting([{ ...request, ...choices }])).get('interactive')!;
    const { result } = await repository.admit(new Map(), waiting.cursors);
    await result;
    return waiting;
  });

const orgsIn = ({ orgs }: Waiting): string[] => orgs.map(({ orgId }) => orgId);
const datasourcesIn = ({ orgs }: Waiting): string[] => [
  ...new Set(orgs.flatMap(({ runs }) => runs.map(({ datasourceId }) => datasourceId))),
];

/** Further datasources of a tenant; their ids. */
async function datasources(tenant: Tenant, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId()).sort();
  await stage.database.asOwner(
    `INSERT INTO datasources (id, org_id, name, ds_type, settings, created_by)
     SELECT id, $2, 'another', 'postgres', '{}', $3 FROM unnest($1::uuid[]) id`,
    [ids, tenant.orgId, tenant.userId],
  );
  return ids;
}

/** So many queued runs on each of the datasources. */
const queueOn = (tenant: Tenant, ids: readonly string[], count = 1): Promise<object[]> =>
  stage.database.asOwner(
    `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
       queue_deadline_at)
     SELECT gen_random_uuid(), $1, 'query', id, $2, 'SELECT 1', 1, 1, 'api', 'interactive', now() + interval '1 h'
     FROM unnest($3::uuid[]) id, generate_series(1, $4::int)`,
    [tenant.orgId, tenant.userId, ids, count],
  );

const setClock = (tenant: Tenant, vtime: number): Promise<object[]> =>
  stage.database.asOwner(`INSERT INTO fair_clocks (pool, org_id, vtime) VALUES ('interactive', $1, $2)`, [
    tenant.orgId,
    vtime,
  ]);

describe('organizations', () => {
  it('come by their clocks; whoever is behind the pool’s is there with it', async () => {
    const [late, early, idle] = [stage.tenant, await createTenant(stage.app), await createTenant(stage.app)];
    for (const tenant of [late, early, idle]) await queueOn(tenant, [tenant.datasourceId]);
    await setClock(late, 9);
    await setClock(early, 7);
    expect(orgsIn(await look({ virtualTime: 5 }))).toEqual([idle.orgId, early.orgId, late.orgId]);
    const { orgs } = await look({ virtualTime: 8 });
    expect(orgs.map(({ vtime }) => vtime)).toEqual([7, undefined, 9]);
  });

  it('that have nothing to run but what stands at a limit take nobody’s place', async () => {
    const blocked: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      const tenant = await createTenant(stage.app);
      await queueOn(tenant, [tenant.datasourceId], 3);
      blocked.push(tenant.datasourceId);
    }
    const free = await createTenant(stage.app);
    await queueOn(free, [free.datasourceId]);
    await setClock(free, 1_000);
    const atLimit = { ...nobody, datasourceIds: blocked };
    expect(orgsIn(await look({ orgs: 1, budget: 1, atLimit }))).toEqual([free.orgId]);
  });
});

describe('leaves', () => {
  it('are seen in turns when they are too many for one look, and none is left out', async () => {
    const ids = await datasources(stage.tenant, 150);
    await queueOn(stage.tenant, ids);
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push(datasourcesIn(await look()).sort());
    expect(seen.map((some) => some.length)).toEqual([64, 64, 22, 64]);
    expect(seen.slice(0, 3).flat()).toEqual(ids);
    expect(seen[3]).toEqual(seen[0]);
  });

  it('are begun with anew when nothing is left behind the last one', async () => {
    const ids = await datasources(stage.tenant, 65);
    await queueOn(stage.tenant, ids);
    await look();
    await stage.database
      .asOwner(`UPDATE runs SET state = 'cancelled', finished_at = now(), cancel_requested_at = now()
      WHERE datasource_id = '${ids.at(-1)}'`);
    expect(datasourcesIn(await look())).toEqual(ids.slice(0, 64));
  });

  it('of datasources that stand at a limit are left as a whole, and hide no other', async () => {
    const ids = await datasources(stage.tenant, 101);
    const [open, ...closed] = ids.toReversed();
    await queueOn(stage.tenant, ids);
    expect(datasourcesIn(await look({ atLimit: { ...nobody, datasourceIds: closed } }))).toEqual([open]);
  });

  it('behind a closed datasource with a long queue are found without reading that', async () => {
    const [closed, open] = (await datasources(stage.tenant, 2)) as [string, string];
    await queueOn(stage.tenant, [closed], 20_000);
    await queueOn(stage.tenant, [open]);
    const atLimit = { ...nobody, datasourceIds: [closed] };
    await stage.database.asOwner('ANALYZE runs');
    expect(datasourcesIn(await look({ atLimit }))).toEqual([open]);
    expect(entriesRead).toBeGreaterThan(0);
    expect(entriesRead).toBeLessThan(50);
  });

  it('with many runs show no more of them than could be admitted', async () => {
    await queueOn(stage.tenant, [stage.tenant.datasourceId], 300);
    expect((await look({ budget: 7 })).orgs[0]?.runs).toHaveLength(7);
  });
});
