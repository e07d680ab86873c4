import { createOperations, readDemand } from '@loupe/common/commands/operate';
import { type Command, parse, usageError } from './command';
import { withEngine } from './connect';

const demandUsage = 'loupe demand                    how many slots each pool could use, and what waits';

export const demand: Command = {
  usage: demandUsage,
  async run(words, output) {
    const parsed = parse(words, {}, { usage: demandUsage });
    if (parsed.positionals.length > 0) throw usageError(demandUsage);
    const pools = await withEngine((db, { limits }) => readDemand(db, limits.running));
    const rows = pools.map((one) => ({
      ...{ pool: one.pool, demand_slots: one.slots, queued: one.queued, dispatched: one.dispatched },
      ...{ running: one.running, retry_wait: one.retrying, dead: one.dead, paused: one.paused },
      oldest_runnable_age_seconds: Math.round(one.oldestRunnableAgeSeconds * 10) / 10,
    }));
    output.rows(rows, { json: parsed.flag('json'), empty: '' });
    return true;
  },
};

const actionsUsage = 'loupe actions                   what operators did lately, and why';

export const actions: Command = {
  usage: actionsUsage,
  async run(words, output) {
    const parsed = parse(words, {}, { usage: actionsUsage });
    if (parsed.positionals.length > 0) throw usageError(actionsUsage);
    const found = await withEngine((db) => createOperations(db).actions(100));
    const rows = found.map(({ createdAt, operator, action, target, reason }) => ({
      ...{ at: createdAt, operator, action, target, reason },
    }));
    output.rows(rows, { json: parsed.flag('json'), empty: 'Nothing yet' });
    return true;
  },
};
