import { newId } from '@loupe/common/crypto';
import { openRunStage, type RunStage } from '@loupe/common/testing';
import { type Ended, runLoupe } from './testing/run-loupe';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

const why = ['--reason', 'the reason of the test'];
const loupe = (...words: string[]): Promise<Ended> =>
  runLoupe(words, { DATABASE_URL: stage.database.url, DB_SSL_MODE: 'disable' });
const rowsOf = async (...words: string[]): Promise<Record<string, unknown>[]> => {
  const ended = await loupe(...words, '--json');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.rows();
};

it('pauses and resumes, and records who and why', async () => {
  const { datasourceId } = stage.tenant;
  expect(await loupe('pauses')).toMatchObject({ code: 0, stdout: 'Nothing is paused\n' });
  expect(await loupe('pause', 'pool', 'scheduled', ...why)).toMatchObject({ code: 0, stderr: '' });
  expect(await loupe('pause', 'datasource', datasourceId, ...why)).toMatchObject({ code: 0 });
  expect(await rowsOf('pauses')).toMatchObject([
    { scope: 'datasource', key: datasourceId, reason: 'the reason of the test' },
    { scope: 'pool', key: 'scheduled', paused_by: expect.stringMatching(/^cli:./) },
  ]);
  expect(await loupe('pauses')).toMatchObject({ stdout: expect.stringMatching(/^scope +key +paused_by/) });
  await loupe('resume', 'pool', 'scheduled', ...why);
  await loupe('resume', 'datasource', datasourceId, ...why);
  expect(await loupe('resume', 'pool', 'scheduled', ...why)).toMatchObject({
    ...{ code: 1, stderr: 'loupe: The pool is not paused\n' },
  });
  expect((await rowsOf('actions')).map(({ action }) => action)).toEqual([
    ...['datasource.resume', 'pool.resume', 'datasource.pause', 'pool.pause'],
  ]);
});

it('sets limits, and goes back to the defaults', async () => {
  const { orgId } = stage.tenant;
  await loupe('limits', 'set', 'global', '--max-running', '7', ...why);
  await loupe('limits', 'set', 'organization', orgId, '--max-running', '3', '--weight', '2.5', ...why);
  expect(await rowsOf('limits')).toMatchObject([
    { scope: 'global', max_running: 7 },
    { scope: 'organization', org_id: orgId, max_running: 3, weight: 2.5, max_queued: null },
  ]);
  await loupe('limits', 'set', 'global', '--max-running', 'default', ...why);
  await loupe(
    'limits',
    'set',
    'organization',
    orgId,
    '--max-running',
    'default',
    '--weight',
    'default',
    ...why,
  );
  expect(await rowsOf('limits')).toEqual([]);
});

it('shows demand', async () => {
  await stage.queued();
  const [interactive] = await rowsOf('demand');
  expect(interactive).toMatchObject({ pool: 'interactive', demand_slots: 1, queued: 1, paused: false });
});

it('lists runners, and drains one', async () => {
  const id = await stage.session({ slots: 3 });
  await loupe('drain', id, ...why);
  const sessions = await rowsOf('sessions');
  expect(sessions.find((session) => session['id'] === id)).toMatchObject({
    slots: 3,
    draining: true,
    running: 0,
  });
  expect(await loupe('drain', newId(), ...why)).toMatchObject({
    code: 1,
    stderr: 'loupe: Runner session not found\n',
  });
});

it('lists dead letters and replays them, after a dry run', async () => {
  const [first, second] = [await stage.inState('dead'), await stage.inState('dead')];
  const { orgId } = stage.tenant;
  expect((await rowsOf('dead', '--org', orgId)).map(({ id }) => id)).toEqual([second, first]);
  expect(await rowsOf('dead', 'list', '--error-class', 'connect')).toEqual([]);
  const dry = await loupe('dead', 'replay', '--all', '--dry-run', ...why);
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 would be replayed; nothing was changed'),
  });
  const [replayed] = await rowsOf('dead', 'replay', first, ...why);
  expect(replayed).toMatchObject({ dead_run: first, not_replayed: null });
  expect(await stage.row(replayed!['new_run'] as string)).toMatchObject({
    ...{ state: 'queued', origin: 'replay', replay_of: first, created_by: stage.tenant.userId },
  });
  expect((await rowsOf('dead', 'replay', '--all', ...why)).map(({ dead_run: id }) => id)).toEqual([second]);
  const nobody = newId();
  const missed = await loupe('dead', 'replay', nobody, '--json', ...why);
  expect(missed.code).toBe(1);
  expect(missed.rows()).toEqual([{ dead_run: nobody, new_run: null, not_replayed: 'not_found' }]);
});

describe('what makes no sense', () => {
  it.each([
    [[], /^loupe: the operators/],
    [['fly'], /no command "fly"/],
    [['toString'], /no command/],
    [['pause', 'pool'], /^loupe: pause does not know these words\n\nloupe pause/],
    [['pause', 'pool', 'interactive'], /Say why/],
    [['pause', 'pool', 'interactive', '--reason', ' '], /Say why/],
    [['pause', 'pool', 'control', ...why], /Pool not found/],
    [['pause', 'datasource', 'x', ...why], /must be an id/],
    [['pause', 'datasource', '00000000-0000-7000-8000-000000000000', ...why], /Datasource not found/],
    [['limits', 'set', 'global', '--max-running', '-1', ...why], /does not know these words/],
    [['limits', 'set', 'global', '--max-running=x', ...why], /from 0 to 1000000/],
    [['limits', 'set', 'global', ...why], /does not know these words/],
    [
      ['limits', 'set', 'organization', '00000000-0000-7000-8000-000000000000', '--weight=1', ...why],
      /not found/,
    ],
    [
      ['limits', 'set', 'organization', '00000000-0000-7000-8000-000000000000', '--weight=0', ...why],
      /from 0.01/,
    ],
    [['drain'], /does not know these words/],
    [['dead', 'replay', ...why], /does not know these words/],
    [['dead', '--error-class', 'nonsense'], /one of connect/],
    [['dead', '--limit', 'x'], /whole number/],
    [['dead', '--unknown'], /does not know these words/],
    [['demand', 'more'], /does not know these words/],
  ])('%j ends with 1 and says why', async (words, text) => {
    const ended = await loupe(...words);
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(text) });
  });

  it('tells of settings that are missing, without their values', async () => {
    const ended = await runLoupe(['demand'], { DATABASE_URL: 'mysql://someone:a-secret@host/db' });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('DATABASE_URL');
    expect(ended.stderr).not.toContain('a-secret');
  });
});

it('helps', async () => {
  const { code, stdout } = await loupe('--help');
  expect(code).toBe(0);
  for (const command of ['migrate', 'doctor', 'pause', 'limits', 'dead replay', 'drain']) {
    expect(stdout).toContain(`loupe ${command}`);
  }
});
