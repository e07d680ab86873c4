import DataLoader from 'dataloader';
import { isDatabaseAway } from './database-errors';
import type { Statement } from './statement';

/** Executes statements of one name in one transaction; resolves to what each of them gave. */
export type RunTogether<Result> = (statements: readonly [Statement, ...Statement[]]) => Promise<Result[]>;

/** Statements of one transaction. More would save little, and would wait longer for their common end. */
const most = 32;

/**
 * Transactions of one statement at a time. With one, a statement that waits for a lock would hold up all others; with many,
 * there would be nothing to join.
 */
const atOnce = 2;

/**
 * Executes statements one by one or, where a process asks for the same more often than it is answered, several in one
 * transaction: what comes while `atOnce` of them are under way joins the next. Nobody waits for company, so a statement that is
 * alone is as fast as by itself. A busy process thus makes a fraction of the round trips and commits.
 */
export function joinStatements<Result>(run: RunTogether<Result>): (statement: Statement) => Promise<Result> {
  const loaders = new Map<string, DataLoader<Statement, Result>>();
  return (statement) => {
    const key = `${statement.name} ${String(statement.joins)}`;
    let loader = loaders.get(key);
    if (loader === undefined) {
      // There may be one for each organization: those that nobody uses any more are forgotten.
      loader = createLoader(run, () => loaders.delete(key));
      loaders.set(key, loader);
    }
    return loader.load(statement);
  };
}

function createLoader<Result>(run: RunTogether<Result>, onIdle: () => void): DataLoader<Statement, Result> {
  const lanes = createLanes(atOnce, onIdle);
  return new DataLoader<Statement, Result>(
    (statements) => together(run, statements).finally(() => lanes.leave()),
    { cache: false, maxBatchSize: most, batchScheduleFn: (begin) => lanes.enter(begin) },
  );
}

/** What each statement gave. If the server refuses one, all were taken back, and each is tried alone: only the culprit fails. */
async function together<Result>(
  run: RunTogether<Result>,
  statements: readonly Statement[],
): Promise<(Result | Error)[]> {
  try {
    return await inLockOrder(run, statements);
  } catch (error) {
    if (statements.length === 1 || isDatabaseAway(error)) return statements.map(() => error as Error);
    // One after the other: a culprit that takes its time shall not take all connections with it.
    const results: (Result | Error)[] = [];
    for (const statement of statements) {
      results.push(await run([statement]).then(([one]) => one as Result, (failure: unknown) => failure as Error)); // prettier-ignore
    }
    return results;
  }
}

/**
 * Ordered by their first value, in every process: two transactions that lock the same rows wait for each other, but never in a
 * circle.
 */
async function inLockOrder<Result>(
  run: RunTogether<Result>,
  statements: readonly Statement[],
): Promise<Result[]> {
  const order = statements.map((_, i) => i).sort((a, b) => compare(statements[a], statements[b]));
  const ordered = order.map((i) => statements[i]) as [Statement, ...Statement[]];
  const results = await run(ordered);
  const given: Result[] = [];
  for (const [position, i] of order.entries()) given[i] = results[position] as Result;
  return given;
}

const compare = (a: Statement | undefined, b: Statement | undefined): number =>
  String(a?.values?.[0]) < String(b?.values?.[0]) ? -1 : 1;

/** Lets a few in at a time; the others follow in the order in which they came. */
function createLanes(atMost: number, onIdle: () => void) {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return {
    enter(begin: () => void): void {
      if (inside >= atMost) {
        waiting.push(begin);
        return;
      }
      inside += 1;
      // After what the event loop has in hand, which may be more of them.
      setImmediate(begin);
    },
    leave(): void {
      const next = waiting.shift();
      if (next !== undefined) {
        next();
        return;
      }
      inside -= 1;
      if (inside === 0) onIdle();
    },
  };
}
