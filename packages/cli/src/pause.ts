import { createOperations } from '@loupe/common/commands/operate';
import { fairPools, type Pause } from '@loupe/common/models';
import { type Command, deedOf, idOf, parse, usageError } from './command';
import { withEngine } from './connect';

const pauseUsage = `loupe pause pool ${fairPools.join('|')} --reason "…"      admit nothing of it
loupe pause datasource <id> --reason "…"`;
const resumeUsage = `loupe resume pool|datasource <name|id> --reason "…"       admit again`;

const change = (way: 'pause' | 'resume', usage: string): Command => ({
  usage,
  async run(words, output) {
    const parsed = parse(words, { reason: false }, { usage });
    const target = targetOf(parsed.positionals, usage);
    const deed = deedOf(parsed);
    await withEngine((db) => createOperations(db)[way](target, deed));
    output.line(`The ${target.scope} ${target.key} is ${way === 'pause' ? 'paused' : 'no longer paused'}`);
    return true;
  },
});

function targetOf([scope, key, ...rest]: string[], usage: string): Pick<Pause, 'scope' | 'key'> {
  if (key === undefined || rest.length > 0) throw usageError(usage);
  if (scope === 'pool') return { scope, key };
  if (scope === 'datasource') return { scope, key: idOf(key, 'The datasource') };
  throw usageError(usage);
}

export const pause = change('pause', pauseUsage);
export const resume = change('resume', resumeUsage);

const pausesUsage = 'loupe pauses                    what is paused, since when, and why';

export const pauses: Command = {
  usage: pausesUsage,
  async run(words, output) {
    const parsed = parse(words, {}, { usage: pausesUsage });
    if (parsed.positionals.length > 0) throw usageError(pausesUsage);
    const found = await withEngine((db) => createOperations(db).pauses());
    const rows = found.map(({ scope, key, reason, pausedBy, pausedAt }) => ({
      ...{ scope, key, paused_by: pausedBy, paused_at: pausedAt, reason },
    }));
    output.rows(rows, { json: parsed.flag('json'), empty: 'Nothing is paused' });
    return true;
  },
};
