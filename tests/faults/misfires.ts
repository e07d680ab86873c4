import type { Database } from '@loupe/common/db';
import { type CronTimes, nextTime } from '@loupe/common/models';
import type { PlannedSchedule } from './rota';

interface Fire {
  schedule_id: string;
  fire_at: Date;
  fired_at: Date;
  outcome: string;
  /** Of its run; null where there is none. */
  run_schedule_id: string | null;
  run_outcome: string | null;
}

/**
 * Each time at which a schedule was due has fired once and come to something: a fire stands for the times up to its own
 * moment, and the next fire is the first time after that. Each violation is a sentence.
 */
export async function misfires(engine: Database, schedules: readonly PlannedSchedule[]): Promise<string[]> {
  const ids = schedules.map(({ id }) => id);
  const fires = await engine.rows<Fire>({
    name: 'test.fires',
    text: `SELECT f.schedule_id, f.fire_at, f.fired_at, f.outcome, r.schedule_id AS run_schedule_id,
             CASE WHEN r.error_code = 'queue_full' AND r.state = 'failed' THEN 'queue_full' ELSE 'queued' END AS run_outcome
           FROM schedule_fires f LEFT JOIN runs r ON r.id = f.run_id
           WHERE f.schedule_id = ANY ($1) ORDER BY f.schedule_id, f.fire_at`,
    values: [ids],
  });
  const of = Map.groupBy(fires, ({ schedule_id }) => schedule_id);
  return [
    ...schedules.flatMap((schedule) => outOfTurn(schedule, of.get(schedule.id) ?? [])),
    ...fires.flatMap(withoutItsRun),
    ...(await runsWithoutFire(engine, ids)),
  ];
}

/** @param fires of this schedule alone, in the order of their times */
export function outOfTurn(
  schedule: CronTimes & { id: string; firstAt: Date },
  fires: readonly Pick<Fire, 'fire_at' | 'fired_at'>[],
): string[] {
  let due: Date | undefined = schedule.firstAt;
  return fires.flatMap(({ fire_at, fired_at }) => {
    const wanted = due;
    due = nextTime(schedule, fired_at > fire_at ? fired_at : fire_at);
    if (wanted?.getTime() === fire_at.getTime()) return [];
    return [
      `${schedule.id} fired for ${fire_at.toISOString()} instead of ${wanted?.toISOString() ?? 'nothing'}`,
    ];
  });
}

/** Nothing is wrong with the query or its parameters: only the queue may be full. */
function withoutItsRun({ schedule_id, fire_at, outcome, run_schedule_id, run_outcome }: Fire): string[] {
  if (run_schedule_id === schedule_id && run_outcome === outcome) return [];
  return [
    `${schedule_id} came to ${outcome} at ${fire_at.toISOString()}, and its run is ${String(run_outcome)}`,
  ];
}

async function runsWithoutFire(engine: Database, ids: readonly string[]): Promise<string[]> {
  const rows = await engine.rows<{ id: string }>({
    name: 'test.runsWithoutFire',
    text: `SELECT id FROM runs WHERE schedule_id = ANY ($1) AND origin = 'schedule'
             AND NOT EXISTS (SELECT FROM schedule_fires f WHERE f.run_id = runs.id)`,
    values: [ids],
  });
  return rows.map(({ id }) => `${id} is a run of no fire`);
}
