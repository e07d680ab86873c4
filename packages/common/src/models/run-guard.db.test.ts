import { newId } from '../crypto';
import { openRunStage, type RunStage, sqlstateOf } from '../testing';
import { finalStates } from './run-states';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

/** What the database answers to a superuser's change of one run. */
const change = (id: string, assignments: string): Promise<string> =>
  sqlstateOf(stage.database.asOwner(`UPDATE runs SET ${assignments} WHERE id = $1`, [id]));

const refused = 'LP001';
const checkViolation = '23514';
const notNullViolation = '23502';

describe('a final run', () => {
  it.each(finalStates)('that is %s never changes in what people see of it', async (state) => {
    const id = await stage.inState(state);
    for (const assignment of [
      `state = 'queued', finished_at = NULL, result_id = NULL`,
      `finished_at = finished_at + interval '1 s'`,
      `started_at = now() + interval '1 s'`,
      'epoch = epoch + 1',
      'attempt = attempt + 1',
      'result_id = gen_random_uuid()',
      'session_id = NULL',
      `error_class = 'unknown'`,
      `error_code = 'other'`,
      `error_message = 'other'`,
      `cancel_requested_at = now() + interval '1 s'`,
    ]) {
      expect([assignment, await change(id, assignment)]).toEqual([assignment, refused]);
    }
  });

  it('may still be given housekeeping’s stamps', async () => {
    expect(await change(await stage.inState('failed'), `queue_deadline_at = now()`)).toBe('done');
  });
});

describe('a live run', () => {
  it('is not made to execute anything else, or for somebody else', async () => {
    const { runId } = await stage.queued();
    for (const assignment of [
      'id = gen_random_uuid()',
      'org_id = gen_random_uuid()',
      `kind = 'probe'`,
      'datasource_id = gen_random_uuid()',
      'query_id = gen_random_uuid()',
      'created_by = gen_random_uuid()',
      `statement = 'SELECT 2'`,
      `bound_values = '["1"]'`,
      'max_rows = max_rows + 1',
      'timeout_seconds = timeout_seconds + 1',
      `origin = 'replay'`,
      `created_at = now() + interval '1 s'`,
      `queued_at = now() + interval '1 s'`,
    ]) {
      expect([assignment, await change(runId, assignment)]).toEqual([assignment, refused]);
    }
  });

  it('never loses epochs or attempts', async () => {
    const { runId } = await stage.running();
    expect(await change(runId, 'epoch = epoch - 1')).toBe(refused);
    expect(await change(runId, 'attempt = attempt - 1')).toBe(refused);
  });

  it('is admitted and claimed one at a time', async () => {
    const queued = await stage.inState('queued');
    expect(await change(queued, `state = 'dispatched'`)).toBe(refused);
    expect(await change(queued, `state = 'dispatched', epoch = epoch + 2`)).toBe(refused);
    const dispatched = await stage.inState('dispatched');
    const claimed = `state = 'running', session_id = (SELECT id FROM runner_sessions LIMIT 1), started_at = now(), deadline_at = now()`;
    expect(await change(dispatched, claimed)).toBe(refused);
    expect(await change(dispatched, `${claimed}, attempt = attempt + 2`)).toBe(refused);
    expect(await change(dispatched, `${claimed}, attempt = attempt + 1`)).toBe('done');
  });
});

describe('a cancellation that was accepted', () => {
  const flagged = async (): Promise<string> => {
    const { runId } = await stage.running();
    expect(await change(runId, 'cancel_requested_at = now()')).toBe('done');
    return runId;
  };

  it('cannot be taken back or moved', async () => {
    const id = await flagged();
    expect(await change(id, 'cancel_requested_at = NULL')).toBe(refused);
    expect(await change(id, `cancel_requested_at = cancel_requested_at + interval '1 s'`)).toBe(refused);
  });

  it.each([
    `state = 'failed', finished_at = now()`,
    `state = 'dead', finished_at = now()`,
    `state = 'timed_out', finished_at = now()`,
    `state = 'retry_wait', run_at = now()`,
    `state = 'queued'`,
  ])('allows no other end: %s', async (assignments) => {
    expect(await change(await flagged(), assignments)).toBe(refused);
  });

  it('ends as cancelled', async () => {
    expect(await change(await flagged(), `state = 'cancelled', finished_at = now()`)).toBe('done');
  });

  it('set together with another end is refused as well', async () => {
    const { runId } = await stage.running();
    expect(await change(runId, `cancel_requested_at = now(), state = 'dead', finished_at = now()`)).toBe(
      refused,
    );
  });
});

describe('a row that contradicts itself', () => {
  it.each([
    ['final without an end', 'running', `state = 'failed'`],
    ['live with an end', 'queued', `finished_at = now()`],
    ['succeeded without a result', 'running', `state = 'succeeded', finished_at = now()`],
    ['cancelled without being asked to', 'queued', `state = 'cancelled', finished_at = now()`],
    ['waiting for another try at no time', 'running', `state = 'retry_wait', run_at = NULL`],
    ['running without a session', 'running', `session_id = NULL`],
    ['running without a deadline', 'running', `deadline_at = NULL`],
    ['of an unknown priority', 'queued', `priority = 11`],
    ['of an unknown pool', 'queued', `pool = 'other'`],
  ] as const)('is refused: %s', async (_what, state, assignments) => {
    expect(await change(await stage.inState(state), assignments)).toBe(checkViolation);
  });
});

describe('a new row', () => {
  const insert = (columns: Record<string, string>): Promise<string> => {
    const { orgId, userId, datasourceId } = stage.tenant;
    const row = { kind: `'query'`, origin: `'api'`, pool: `'interactive'`, priority: '0', state: `'queued'` };
    const all = Object.entries({ ...row, ...columns });
    return sqlstateOf(
      stage.database.asOwner(
        `INSERT INTO runs (id, org_id, datasource_id, created_by, statement, max_rows, timeout_seconds, queue_deadline_at,
           ${all.map(([column]) => column).join(', ')})
         VALUES ($1, $2, $3, $4, 'SELECT 1', 1, 1, now(), ${all.map(([, value]) => value).join(', ')})`,
        [newId(), orgId, datasourceId, userId],
      ),
    );
  };

  it('is held to what it says of itself', async () => {
    expect(await insert({})).toBe('done');
    const contradictions: Record<string, string>[] = [
      { kind: `'other'` },
      { origin: `'other'` },
      { pool: `'other'` },
      { state: `'other'` },
      { priority: '11' },
      { finished_at: 'now()' },
      { state: `'failed'` },
      { state: `'succeeded'`, finished_at: 'now()' },
      { state: `'running'` },
      { state: `'retry_wait'` },
      { state: `'cancelled'`, finished_at: 'now()' },
    ];
    for (const contradiction of contradictions) {
      expect([contradiction, await insert(contradiction)]).toEqual([contradiction, checkViolation]);
    }
  });

  it.each(['kind', 'origin', 'pool', 'state', 'priority'])('has a %s', async (column) => {
    expect(await insert({ [column]: 'NULL' })).toBe(notNullViolation);
  });
});

describe('the events', () => {
  interface Event {
    from_state: string | null;
    to_state: string;
    epoch: number;
    attempt: number;
    error_class: string | null;
  }
  const eventsOf = (id: string): Promise<Event[]> =>
    stage.database.asOwner<Event>(
      'SELECT from_state, to_state, epoch, attempt, error_class FROM run_events WHERE run_id = $1 ORDER BY seq',
      [id],
    );

  it('tell every step of a run, in order, and nothing else', async () => {
    const id = await stage.inState('retry_wait');
    await change(id, `state = 'queued'`);
    await change(id, `priority = 3`);
    await change(id, `state = 'timed_out', finished_at = now()`);
    const events = await eventsOf(id);
    expect(events.map(({ from_state, to_state }) => [from_state, to_state])).toEqual([
      [null, 'queued'],
      ['queued', 'dispatched'],
      ['dispatched', 'running'],
      ['running', 'retry_wait'],
      ['retry_wait', 'queued'],
      ['queued', 'timed_out'],
    ]);
    expect(events[3]).toEqual(expect.objectContaining({ epoch: 1, attempt: 1, error_class: 'user' }));
  });

  it('are never changed, by nobody', async () => {
    await stage.queued();
    await expect(stage.database.asOwner(`UPDATE run_events SET to_state = 'dead'`)).rejects.toThrow(
      /append-only/,
    );
  });

  it('of a transaction that was taken back do not exist', async () => {
    const { runId } = await stage.queued();
    await stage.database.asOwner('BEGIN');
    await change(runId, `state = 'timed_out', finished_at = now()`);
    await stage.database.asOwner('ROLLBACK');
    expect(await eventsOf(runId)).toHaveLength(1);
  });
});
