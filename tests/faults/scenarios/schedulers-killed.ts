import { elapse } from '../gates';
import type { Member } from '../members';
import { equal, type Finding, type Scenario, type Stage } from '../scenario';

/** Besides those of the ordinary load: one that is always due, and some that are due together and apart. */
const often = [
  { cronExpression: '* * * * * *', timezone: 'UTC' },
  { cronExpression: '*/3 * * * * *', timezone: 'Pacific/Chatham' },
  { cronExpression: '1,12,25,26,47 * * * * *', timezone: 'America/New_York' },
];

const secondsBetweenKills = 2;

export const schedulersKilled: Scenario = {
  id: 'S21',
  injects: 'kill -9 a scheduler every 2 s; then all of them gone for 3 min',
  expects: 'each time fires once; what was missed together comes to one fire; each run belongs to its fire',
  scale: '15 kills; 25 s',
  async play(stage) {
    const { stack, rota, random, observations, choose } = stage;
    for (const times of often) await rota.add(times);
    const schedulers = stack.every('scheduler');
    const kills = choose({ short: 5, scaled: 15, full: 60 });
    for (let n = 0; n < kills; n += 1) {
      const victim = schedulers[Math.floor(random() * schedulers.length)] as Member;
      await victim.kill();
      await Promise.all([victim.start(), elapse(secondsBetweenKills)]);
    }
    await Promise.all(schedulers.map((scheduler) => scheduler.kill()));
    // Longer than the rarest of them pauses, so that each misses a time.
    await elapse(choose({ short: 25, scaled: 25, full: 180 }));
    const back = await observations.now();
    await Promise.all(schedulers.map((scheduler) => scheduler.start()));
    return async () => [
      { text: `${kills} kills, ${rota.schedules.length} schedules`, ok: true },
      ...(await collapsed(stage, back)),
    ];
  },
};

/** What was due while nobody fired: one fire of each schedule, after their return. */
async function collapsed({ stack, rota }: Stage, back: Date): Promise<Finding[]> {
  const ids = rota.schedules.map(({ id }) => id);
  const { late, schedules, fires } = await stack.engine.one<Record<'late' | 'schedules' | 'fires', number>>({
    name: 'test.collapsed',
    text: `SELECT count(*) FILTER (WHERE is_late)::int AS late,
             count(DISTINCT schedule_id) FILTER (WHERE is_late)::int AS schedules, count(*)::int AS fires
           FROM (SELECT schedule_id, fire_at < $2 AND fired_at >= $2 AS is_late FROM schedule_fires
                 WHERE schedule_id = ANY ($1)) AS of_them`,
    values: [ids, back],
  });
  return [
    { text: `${fires} fires`, ok: fires > 2 * ids.length },
    equal('fires for what was missed', late, ids.length),
    equal('schedules that made them', schedules, ids.length),
  ];
}
