import { createOperations } from '@loupe/common/commands/operate';
import { type Command, deedOf, idOf, parse, usageError } from './command';
import { withEngine } from './connect';

const sessionsUsage = 'loupe sessions                  runners, and what they execute';

export const sessions: Command = {
  usage: sessionsUsage,
  async run(words, output) {
    const parsed = parse(words, {}, { usage: sessionsUsage });
    if (parsed.positionals.length > 0) throw usageError(sessionsUsage);
    const found = await withEngine((db) => createOperations(db).sessions());
    const rows = found.map(({ id, runnerId, pools, slots, running, draining, expired, startedAt }) => ({
      ...{ id, runner_id: runnerId, pools, slots, running, draining, expired, started_at: startedAt },
    }));
    output.rows(rows, { json: parsed.flag('json'), empty: 'No runner has a session' });
    return true;
  },
};

const drainUsage =
  'loupe drain <session id> --reason "…"       let a runner finish what it has, and take no more';

export const drain: Command = {
  usage: drainUsage,
  async run(words, output) {
    const parsed = parse(words, { reason: false }, { usage: drainUsage });
    const [id, ...rest] = parsed.positionals;
    if (id === undefined || rest.length > 0) throw usageError(drainUsage);
    const sessionId = idOf(id, 'The session');
    const deed = deedOf(parsed);
    await withEngine((db) => createOperations(db).drain(sessionId, deed));
    output.line('The runner takes no more runs; `loupe sessions` shows how many it still executes');
    return true;
  },
};
