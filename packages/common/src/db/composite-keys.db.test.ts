import { newId } from '../crypto';
import { createTenant, openRunStage, type RunStage, sqlstateOf, type Tenant } from '../testing';

// A row cannot point into another organization, whatever the code does: the keys say so, not the statements.

let stage: RunStage;
let ours: Tenant;
let theirs: Tenant;
beforeAll(async () => {
  stage = await openRunStage();
  ours = stage.tenant;
  theirs = await createTenant(stage.app);
});
afterAll(() => stage.close());

const foreignKeyViolation = '23503';

const insert = (text: string, values: unknown[]): Promise<string> =>
  sqlstateOf(stage.database.asOwner(text, values));

const query = (orgId: string, datasourceId: string, id = newId()): Promise<string> =>
  insert(
    `INSERT INTO queries (id, org_id, datasource_id, name, sql, timeout_seconds, max_rows, created_by)
     VALUES ($1, $2, $3, 'a query', 'SELECT 1', 30, 100, $4)`,
    [id, orgId, datasourceId, ours.userId],
  );

const version = (orgId: string, queryId: string, datasourceId: string): Promise<string> =>
  insert(
    `INSERT INTO query_versions (org_id, query_id, version, datasource_id, name, sql, parameters, timeout_seconds,
       max_rows, tags, created_by)
     VALUES ($1, $2, 1, $3, 'a query', 'SELECT 1', '[]', 30, 100, '{}', $4)`,
    [orgId, queryId, datasourceId, ours.userId],
  );

const run = (orgId: string, datasourceId: string, queryId: string | null): Promise<string> =>
  insert(
    `INSERT INTO runs (id, org_id, kind, datasource_id, query_id, query_version, created_by, statement, max_rows,
       timeout_seconds, origin, pool, queue_deadline_at)
     VALUES ($1, $2, 'query', $3, $4, CASE WHEN $4::uuid IS NULL THEN NULL ELSE 1 END, $5, 'SELECT 1', 1, 1, 'api',
       'interactive', now())`,
    [newId(), orgId, datasourceId, queryId, ours.userId],
  );

const result = (orgId: string, runId: string): Promise<string> =>
  insert(
    `INSERT INTO results (id, org_id, run_id, attempt, columns, row_count, byte_count, chunk_count, truncated,
       execution_time_ms, checksum, expires_at)
     VALUES (gen_random_uuid(), $1, $2, 1, '[]', 0, 0, 0, false, 0, sha256(''), now())`,
    [orgId, runId],
  );

it('holds for the limits of people', async () => {
  const limit = (orgId: string): Promise<string> =>
    insert(
      `INSERT INTO limit_overrides (id, scope, org_id, key, max_running, set_by)
       VALUES (gen_random_uuid(), 'user', $1, $2, 1, 'test')`,
      [orgId, ours.userId],
    );
  expect(await limit(theirs.orgId)).toBe(foreignKeyViolation);
  expect(await limit(ours.orgId)).toBe('done');
});

it('holds for queries, their versions, runs and results', async () => {
  const queryId = newId();
  expect(await query(ours.orgId, theirs.datasourceId)).toBe(foreignKeyViolation);
  expect(await query(ours.orgId, ours.datasourceId, queryId)).toBe('done');

  expect(await version(theirs.orgId, queryId, theirs.datasourceId)).toBe(foreignKeyViolation);
  expect(await version(ours.orgId, queryId, theirs.datasourceId)).toBe(foreignKeyViolation);
  expect(await version(ours.orgId, queryId, ours.datasourceId)).toBe('done');

  expect(await run(ours.orgId, theirs.datasourceId, null)).toBe(foreignKeyViolation);
  expect(await run(theirs.orgId, theirs.datasourceId, queryId)).toBe(foreignKeyViolation);
  expect(await run(ours.orgId, ours.datasourceId, queryId)).toBe('done');
  // Without a key of its own: the datasource's names the organization too.
  expect(await run(newId(), ours.datasourceId, null)).toBe(foreignKeyViolation);

  const { runId } = await stage.queued();
  expect(await result(theirs.orgId, runId)).toBe(foreignKeyViolation);
  expect(await result(ours.orgId, runId)).toBe('done');
});

it('holds for secrets, sign-ins and refresh tokens', async () => {
  const secret = (orgId: string): Promise<string> =>
    insert(`INSERT INTO datasource_secrets (org_id, datasource_id, sealed) VALUES ($1, $2, '{}')`, [
      orgId,
      ours.datasourceId,
    ]);
  expect(await secret(theirs.orgId)).toBe(foreignKeyViolation);
  expect(await secret(ours.orgId)).toBe('done');

  const sessionId = newId();
  const signIn = (orgId: string): Promise<string> =>
    insert('INSERT INTO sessions (id, org_id, user_id, expires_at) VALUES ($1, $2, $3, now())', [
      sessionId,
      orgId,
      ours.userId,
    ]);
  expect(await signIn(theirs.orgId)).toBe(foreignKeyViolation);
  expect(await signIn(ours.orgId)).toBe('done');

  const token = (orgId: string): Promise<string> =>
    insert(
      `INSERT INTO refresh_tokens (id, org_id, session_id, token_hash, expires_at) VALUES (gen_random_uuid(), $1, $2, sha256('x'), now())`,
      [orgId, sessionId],
    );
  expect(await token(theirs.orgId)).toBe(foreignKeyViolation);
  expect(await token(ours.orgId)).toBe('done');
});

/** A row of a table of content, in an organization. */
async function content(table: string, orgId: string, columns: Record<string, unknown>): Promise<string> {
  const row = { id: newId(), org_id: orgId, created_by: ours.userId, ...columns };
  const names = Object.keys(row);
  const values = names.map((_, i) => `$${i + 1}`).join(', ');
  return insert(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values})`, Object.values(row));
}

it('holds for visualizations, tiles, nodes and edges', async () => {
  const [queryId, chart, board, canvas, other] = [newId(), newId(), newId(), newId(), newId()];
  await query(ours.orgId, ours.datasourceId, queryId);

  const chartRow = { query_id: queryId, name: 'v', chart_type: 'bar' };
  expect(await content('visualizations', theirs.orgId, chartRow)).toBe(foreignKeyViolation);
  expect(await content('visualizations', ours.orgId, { ...chartRow, id: chart })).toBe('done');

  expect(await content('dashboards', ours.orgId, { id: board, name: 'd' })).toBe('done');
  const place = { pos_x: 0, pos_y: 0, width: 50, height: 50 };
  const tile = { dashboard_id: board, visualization_id: chart, ...place };
  expect(await content('dashboard_tiles', theirs.orgId, tile)).toBe(foreignKeyViolation);
  expect(await content('dashboard_tiles', ours.orgId, tile)).toBe('done');

  const time = { name: 'c', time_preset: '7d', time_offset: 0, live: false };
  for (const id of [canvas, other]) await content('canvases', ours.orgId, { id, ...time });
  const node = { node_type: 'note', title: 'n', ...place };
  const [a, b, elsewhere] = [newId(), newId(), newId()];
  expect(await content('canvas_nodes', theirs.orgId, { canvas_id: canvas, ...node })).toBe(
    foreignKeyViolation,
  );
  for (const [id, canvasId] of [
    [a, canvas],
    [b, canvas],
    [elsewhere, other],
  ])
    // prettier-ignore
    expect(await content('canvas_nodes', ours.orgId, { id, canvas_id: canvasId, ...node })).toBe('done');

  const edge = { canvas_id: canvas, from_node_id: a, label: 'explains' };
  expect(await content('canvas_edges', theirs.orgId, { ...edge, to_node_id: b })).toBe(foreignKeyViolation);
  expect(await content('canvas_edges', ours.orgId, { ...edge, to_node_id: elsewhere })).toBe(
    foreignKeyViolation,
  );
  expect(await content('canvas_edges', ours.orgId, { ...edge, to_node_id: b })).toBe('done');
});

it('gives a result to no run of another organization', async () => {
  const ourRun = await stage.inState('succeeded');
  const theirRun = await stage.running({ tenant: theirs });
  const [row] = await stage.database.asOwner<{ result_id: string }>(
    'SELECT result_id FROM runs WHERE id = $1',
    [ourRun],
  );
  expect(
    await insert(`UPDATE runs SET state = 'succeeded', finished_at = now(), result_id = $2 WHERE id = $1`, [
      theirRun.runId,
      row?.result_id,
    ]),
  ).toBe(foreignKeyViolation);
});
