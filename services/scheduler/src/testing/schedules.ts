import { newId } from '@loupe/common/crypto';
import type { QueryContent, ScheduleContent } from '@loupe/common/models';
import { createQueryRepository, createScheduleRepository } from '@loupe/common/repositories';
import type { RunStage, Tenant } from '@loupe/common/testing';

/** Schedules on a stage, and what became of them. */
export interface ScheduleStage {
  query(choices?: Partial<QueryContent>, tenant?: Tenant): Promise<string>;
  /** A schedule that has been due for so many seconds (default 1), and then not before the new year; its id. */
  due(choices?: Partial<ScheduleContent> & { seconds?: number; tenant?: Tenant }): Promise<string>;
  row(id: string): Promise<ScheduleRow>;
  /** The fires of one, the first one first, each with its run. */
  firesOf(id: string): Promise<FireRow[]>;
}

interface ScheduleRow {
  enabled: boolean;
  next_run_at: Date | null;
  last_run_at: Date | null;
  version: number;
  is_ahead: boolean | null;
}

interface FireRow {
  fire_at: Date;
  outcome: string;
  run_id: string | null;
  state: string | null;
  error_code: string | null;
  error_message: string | null;
}

export function scheduleStage({ app, database, tenant: own }: RunStage): ScheduleStage {
  const query: ScheduleStage['query'] = async (choices = {}, tenant = own) => {
    const saved = await createQueryRepository(app).insert(tenant, {
      ...{ id: newId(), createdBy: tenant.userId, datasourceId: tenant.datasourceId },
      ...{ name: 'Scheduled', description: null, sql: 'SELECT 1', parameters: [], tags: [] },
      ...{ timeoutSeconds: 30, maxRows: 100 },
      ...choices,
    });
    return saved.id;
  };
  return {
    query,
    async due({ seconds = 1, tenant = own, ...choices } = {}) {
      const { id } = await createScheduleRepository(app).insert(tenant, {
        ...{ id: newId(), createdBy: tenant.userId, name: 'New year', cronExpression: '0 0 1 1 *' },
        ...{ timezone: 'UTC', parameters: {}, tags: [], enabled: true, nextRunAt: new Date() },
        queryId: choices.queryId ?? (await query({}, tenant)),
        ...choices,
      });
      await database.asOwner(
        `UPDATE schedules SET next_run_at = date_trunc('milliseconds', now()) - make_interval(secs => $2) WHERE id = $1`,
        [id, seconds],
      );
      return id;
    },
    async row(id) {
      const [row] = await database.asOwner<ScheduleRow>(
        `SELECT enabled, next_run_at, last_run_at, version, next_run_at > now() AS is_ahead FROM schedules WHERE id = $1`,
        [id],
      );
      if (row === undefined) throw new Error(`there is no schedule ${id}`);
      return row;
    },
    firesOf: (id) =>
      database.asOwner<FireRow>(
        `SELECT f.fire_at, f.outcome, f.run_id, r.state, r.error_code, r.error_message
         FROM schedule_fires f LEFT JOIN runs r ON r.id = f.run_id WHERE f.schedule_id = $1 ORDER BY f.fire_at`,
        [id],
      ),
  };
}
