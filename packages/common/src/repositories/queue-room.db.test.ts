import { newId } from '../crypto';
import { createTenant, openRunStage, type RunStage, type Tenant } from '../testing';
import { countedAtOnce, hasQueueRoom } from './queue-room';
import { createRunRepository } from './runs';

let stage: RunStage;
let tenant: Tenant;
beforeAll(async () => {
  stage = await openRunStage();
});
beforeEach(async () => {
  tenant = await createTenant(stage.app);
});
afterAll(() => stage.close());

const most = countedAtOnce + 500;

/** So many runs, queued one after the other in the past. */
const queue = (count: number): Promise<unknown> =>
  stage.database.asOwner(
    `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, max_rows, timeout_seconds, origin, pool,
       queue_deadline_at, created_at, queued_at)
     SELECT gen_random_uuid(), $1, 'query', $2, $3, 'SELECT 1', 1, 1, 'api', 'interactive', now() + interval '1 h',
       now() - interval '1 h', now() - interval '1 h' FROM generate_series(1, $4::int)`,
    [tenant.orgId, tenant.datasourceId, tenant.userId, count],
  );

const cancel = (count: number): Promise<unknown> =>
  stage.database.asOwner(
    `UPDATE runs SET state = 'cancelled', cancel_requested_at = now(), finished_at = now()
     WHERE id IN (SELECT id FROM runs WHERE org_id = $1 AND state = 'queued' LIMIT $2)`,
    [tenant.orgId, count],
  );

/** As if the queue had last been counted so long ago. */
const age = (seconds: number): Promise<unknown> =>
  stage.database.asOwner(
    'UPDATE queue_counts SET counted_at = counted_at - make_interval(secs => $2) WHERE org_id = $1',
    [tenant.orgId, seconds],
  );

async function insert(): Promise<string> {
  const run = await createRunRepository(stage.app).insert(tenant, {
    ...{ kind: 'query', datasourceId: tenant.datasourceId, queryId: null, queryVersion: null },
    ...{ createdBy: tenant.userId, statement: 'SELECT 1', boundValues: [], maxRows: 1, timeoutSeconds: 1 },
    ...{ origin: 'api', queueDeadlineSeconds: 600, maxQueuedPerOrg: most },
  });
  return typeof run === 'string' ? run : run.state;
}

const counts = async (): Promise<{ queued: number }[]> =>
  stage.database.asOwner<{ queued: number }>('SELECT queued FROM queue_counts WHERE org_id = $1', [
    tenant.orgId,
  ]);

describe('a queue of thousands', () => {
  it('takes runs up to its limit, and no more', async () => {
    await queue(most - 3);
    expect([await insert(), await insert(), await insert()]).toEqual(['queued', 'queued', 'queued']);
    expect([await insert(), await insert()]).toEqual(['queue_full', 'queue_full']);
  });

  it('is not counted again for what its last count leaves room for', async () => {
    await queue(most - 100);
    expect([await insert(), await insert()]).toEqual(['queued', 'queued']);
    expect(await counts()).toEqual([{ queued: most - 100 }]);
  });

  it('takes a run whose request had to wait for longer than counts are remembered', async () => {
    await queue(most - 3);
    const { database } = stage;
    // The count is old as soon as it is made.
    await database.asOwner(`CREATE FUNCTION make_old() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.counted_at := NEW.counted_at - interval '50 s'; RETURN NEW; END $$`);
    await database.asOwner(
      'CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON queue_counts FOR EACH ROW EXECUTE FUNCTION make_old()',
    );
    try {
      expect(await insert()).toBe('queued');
    } finally {
      await database.asOwner('DROP FUNCTION make_old() CASCADE');
    }
  });

  it('takes hardly more under requests that come at once', async () => {
    await queue(most - 5);
    await insert();
    const answers = await Promise.all(Array.from({ length: 40 }, insert));
    expect(answers.filter((answer) => answer === 'queue_full').length).toBeGreaterThan(20);
  });

  it('is counted again a tenth of a second after it was found full, and takes what has become free', async () => {
    await queue(most);
    expect(await insert()).toBe('queue_full');
    await cancel(2);
    await age(0.2);
    expect([await insert(), await insert(), await insert()]).toEqual(['queued', 'queued', 'queue_full']);
  });

  it('is counted again after a second, so that runs which came back to it are noticed', async () => {
    await queue(most - 100);
    await insert();
    await queue(200);
    await age(1.5);
    expect(await insert()).toBe('queue_full');
  });

  it('of another organization is another', async () => {
    await queue(most);
    expect(await hasQueueRoom(stage.app, tenant, most)).toBe(false);
    tenant = await createTenant(stage.app);
    expect(await insert()).toBe('queued');
    expect(await counts()).toEqual([]);
  });

  it('says so only when what the run refers to is there', async () => {
    await queue(most);
    tenant = { ...tenant, datasourceId: newId() };
    expect(await insert()).toBe('gone');
  });
});

it('a limit below a thousand is kept without a memory', async () => {
  await queue(countedAtOnce - 1);
  expect(await insert()).toBe('queued');
  expect(await counts()).toEqual([]);
});
