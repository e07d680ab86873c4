import { newId } from '@loupe/common/crypto';
import type { Stage } from './scenario';

/** The same run so many times more, as an API leaves them that dies right after the commit: nobody was told. */
export async function copiesOf(
  { stack, load }: Stage,
  pattern: string,
  { count, waitSeconds = 600 }: { count: number; waitSeconds?: number },
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId());
  await stack.engine.execute({
    name: 'test.copies',
    text: `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, bound_values, max_rows,
             timeout_seconds, origin, pool, queue_deadline_at)
           SELECT copy, org_id, kind, datasource_id, created_by, statement, bound_values, max_rows, timeout_seconds,
             origin, pool, now() + make_interval(secs => $3)
           FROM runs, unnest($1::uuid[]) AS copies (copy) WHERE runs.id = $2`,
    values: [ids, pattern, waitSeconds],
  });
  load.acknowledged.push(...ids);
  return ids;
}
