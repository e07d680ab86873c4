import { openRunStage, type RunStage, sqlstateOf } from '../testing';
import { finalStates, isFinal, liveStates, type RunState, transitions } from './run-states';

// The table of steps exists twice: here, for the code, and in the database, which refuses whatever the code may do
// wrong. Each pair is tried on a real row.

const states: readonly RunState[] = [...liveStates, ...finalStates];
const pairs = states.flatMap((from) =>
  states.filter((to) => to !== from).map((to): [RunState, RunState] => [from, to]),
);

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

/** Moves a row as a superuser, with all that the constraints want, so that the guard alone decides. */
async function force(id: string, to: RunState): Promise<void> {
  const resultId = to === 'succeeded' ? await resultOf(id) : null;
  await stage.database.asOwner(
    `UPDATE runs SET state = $2, result_id = $3, finished_at = CASE WHEN $4 THEN now() END,
       epoch = epoch + CASE WHEN $2 = 'dispatched' THEN 1 ELSE 0 END,
       attempt = attempt + CASE WHEN $2 = 'running' THEN 1 ELSE 0 END,
       session_id = coalesce(session_id, (SELECT id FROM runner_sessions LIMIT 1)),
       started_at = coalesce(started_at, now()), deadline_at = coalesce(deadline_at, now()),
       run_at = coalesce(run_at, now()),
       cancel_requested_at = CASE WHEN $2 = 'cancelled' THEN now() ELSE cancel_requested_at END
     WHERE id = $1`,
    [id, to, resultId, isFinal(to)],
  );
}

async function resultOf(id: string): Promise<string> {
  const rows = await stage.database.asOwner<{ id: string }>(
    `INSERT INTO results (id, org_id, run_id, attempt, columns, row_count, byte_count, chunk_count, truncated,
       execution_time_ms, checksum, expires_at)
     SELECT gen_random_uuid(), org_id, id, attempt + 100, '[]', 0, 0, 0, false, 0, sha256(''), now() FROM runs WHERE id = $1
     RETURNING id`,
    [id],
  );
  return rows[0]!.id;
}

it.each(pairs)('the database agrees about %s → %s', async (from, to) => {
  const id = await stage.inState(from);
  const outcome = await sqlstateOf(force(id, to));
  expect(outcome).toBe(transitions[from].includes(to) ? 'done' : 'LP001');
});
