import { newId } from '../crypto';
import type { Database } from '../db';
import { createTenant, eventually, openTestDatabase, type Tenant, type TestDatabase } from '../testing';
import { type DeletableTable, stampDeleted } from './cascade';

let database: TestDatabase;
let db: Database;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.open('loupe_app');
});
afterAll(() => database.close());
beforeEach(async () => {
  tenant = await createTenant(db);
});

/** A row with these columns, and what every such row has. */
async function insert(table: string, columns: Record<string, unknown>): Promise<string> {
  const row = { id: newId(), org_id: tenant.orgId, created_by: tenant.userId, ...columns };
  const names = Object.keys(row);
  await database.asOwner(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
  return row.id;
}

const query = (datasourceId = tenant.datasourceId) =>
  insert('queries', {
    ...{ datasource_id: datasourceId, name: 'q', sql: 'SELECT 1', timeout_seconds: 1, max_rows: 1 },
  });
const visualization = (queryId: string) =>
  insert('visualizations', { query_id: queryId, name: 'v', chart_type: 'table' });
const dashboard = () => insert('dashboards', { name: 'd' });
const tile = (dashboardId: string, visualizationId: string) =>
  insert('dashboard_tiles', {
    ...{
      dashboard_id: dashboardId,
      visualization_id: visualizationId,
      pos_x: 0,
      pos_y: 0,
      width: 4,
      height: 4,
    },
  });
const canvas = () => insert('canvases', { name: 'c', time_preset: '7d', time_offset: 0, live: false });
const node = (canvasId: string) =>
  insert('canvas_nodes', {
    ...{ canvas_id: canvasId, node_type: 'note', title: 'n', pos_x: 0, pos_y: 0, width: 50, height: 50 },
  });
const edge = (canvasId: string, from: string, to: string) =>
  insert('canvas_edges', { canvas_id: canvasId, from_node_id: from, to_node_id: to, label: 'explains' });

const remove = (table: DeletableTable, id: string): Promise<boolean> =>
  db.transaction((tx) => stampDeleted(tx, tenant, { table, id }));

/** The distinct stamps of the rows; null stands for one that is there. */
async function stampsOf(rows: [string, string[]][]): Promise<unknown[]> {
  const stamps = await Promise.all(
    rows.flatMap(([table, ids]) =>
      ids.map((id) =>
        database.asOwner<{ stamp: string | null }>(
          `SELECT deleted_at::text AS stamp FROM ${table} WHERE id = $1`,
          [id],
        ),
      ),
    ),
  );
  return [...new Set(stamps.flat().map(({ stamp }) => stamp))];
}

it('stamps everything below a datasource with one time, and nothing else', async () => {
  const otherSource = await insert('datasources', { name: 'another', ds_type: 'postgres', settings: '{}' });
  const [doomed, other] = [await query(), await query(otherSource)];
  const [first, second, kept] = [
    await visualization(doomed),
    await visualization(doomed),
    await visualization(other),
  ];
  const board = await dashboard();
  const tiles = [await tile(board, first), await tile(board, first), await tile(board, second)];
  const keptTile = await tile(board, kept);

  expect(await remove('datasources', tenant.datasourceId)).toBe(true);
  const stamps = await stampsOf([
    ['datasources', [tenant.datasourceId]],
    ['queries', [doomed]],
    ['visualizations', [first, second]],
    ['dashboard_tiles', tiles],
  ]);
  expect(stamps).toEqual([expect.any(String)]);
  const left: [string, string[]][] = [
    ['queries', [other]],
    ['visualizations', [kept]],
    ['dashboards', [board]],
    ['dashboard_tiles', [keptTile]],
  ];
  expect(await stampsOf(left)).toEqual([null]);
  expect(await remove('datasources', tenant.datasourceId)).toBe(false);
});

it('counts a dashboard as changed when a visualization takes its tiles along, once', async () => {
  const shown = await visualization(await query());
  const [board, untouched] = [await dashboard(), await dashboard()];
  await tile(board, shown);
  await tile(board, shown);
  await remove('visualizations', shown);
  const rows = await database.asOwner<{ id: string; version: number }>(
    'SELECT id, version FROM dashboards WHERE id = ANY ($1) ORDER BY version',
    [[board, untouched]],
  );
  expect(rows).toEqual([
    { id: untouched, version: 1 },
    { id: board, version: 2 },
  ]);
});

it('leaves an earlier stamp as it is', async () => {
  const shown = await visualization(await query());
  const board = await dashboard();
  const [early, late] = [await tile(board, shown), await tile(board, shown)];
  await remove('dashboard_tiles', early);
  await remove('dashboards', board);
  expect(await stampsOf([['dashboard_tiles', [early]]])).not.toEqual(
    await stampsOf([['dashboard_tiles', [late]]]),
  );
});

it('takes the edges of a node along, whichever end it is, and all of a canvas', async () => {
  const board = await canvas();
  const [a, b, c] = [await node(board), await node(board), await node(board)];
  const [out, back, between] = [await edge(board, a, b), await edge(board, c, a), await edge(board, b, c)];
  await remove('canvas_nodes', a);
  expect(await stampsOf([['canvas_edges', [out, back]]])).toEqual([expect.any(String)]);
  expect(
    await stampsOf([
      ['canvas_edges', [between]],
      ['canvas_nodes', [b, c]],
    ]),
  ).toEqual([null]);
  await remove('canvases', board);
  expect(
    await stampsOf([
      ['canvas_edges', [between]],
      ['canvas_nodes', [b, c]],
      ['canvases', [board]],
    ]),
  ).toEqual([expect.any(String)]);
});

it('does not reach into another organization', async () => {
  const board = await dashboard();
  const other = await createTenant(db);
  expect(await stampDeleted(db, other, { table: 'dashboards', id: board })).toBe(false);
  expect(await stampsOf([['dashboards', [board]]])).toEqual([null]);
});

it('waits for what is being made below, and takes it along', async () => {
  const shown = await visualization(await query());
  const board = await dashboard();
  let removal: Promise<boolean> | undefined;
  const late = await db.transaction(async (tx) => {
    await tx.execute({
      name: 'test.hold',
      text: 'SELECT id FROM visualizations WHERE id = $1 FOR SHARE',
      values: [shown],
    });
    removal = remove('visualizations', shown);
    await waiting();
    const id = newId();
    await tx.execute({
      name: 'test.tile',
      text: `INSERT INTO dashboard_tiles (id, org_id, dashboard_id, visualization_id, pos_x, pos_y, width, height, created_by)
             VALUES ($1, $2, $3, $4, 0, 0, 1, 1, $5)`,
      values: [id, tenant.orgId, board, shown, tenant.userId],
    });
    return id;
  });
  expect(await removal).toBe(true);
  expect(await stampsOf([['dashboard_tiles', [late]]])).toEqual([expect.any(String)]);
});

it('deletes two rows that share what lies below them without waiting in a circle', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [shown, board] = [await visualization(await query()), await dashboard()];
    for (let n = 0; n < 20; n += 1) await tile(board, shown);
    const removals = [remove('visualizations', shown), remove('dashboards', board)];
    expect(await Promise.all(removals)).toEqual([true, true]);
  }
});

/** Until a connection waits for a lock. */
async function waiting(): Promise<void> {
  await eventually('a delete waits', async () => {
    const [row] = await database.asOwner<{ n: string }>(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.n === '1';
  });
}
