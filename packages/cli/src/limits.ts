import { createOperations } from '@loupe/common/commands/operate';
import { LoupeError } from '@loupe/common/errors';
import { limitBounds, type OrganizationLimits } from '@loupe/common/models';
import { type Command, deedOf, idOf, parse, type Parsed, usageError } from './command';
import { withEngine } from './connect';
import type { Output } from './output';

const usage = `loupe limits                    limits that differ from the defaults
loupe limits set global --max-running N|default --reason "…"
loupe limits set organization <id> [--max-running N|default] [--weight N|default] [--max-queued N|default] --reason "…"`;

const options = { 'max-running': false, weight: false, 'max-queued': false, reason: false };

export const limits: Command = {
  usage,
  async run(words, output) {
    const parsed = parse(words, options, { usage });
    const [verb, scope, id, ...rest] = parsed.positionals;
    if (verb === undefined) await list(parsed, output);
    else if (verb === 'set' && scope === 'global' && id === undefined) await setGlobal(parsed);
    else if (verb === 'set' && scope === 'organization' && id !== undefined && rest.length === 0) {
      await setOrganization(idOf(id, 'The organization'), parsed);
    } else throw usageError(usage);
    if (verb !== undefined) output.line('Set; it holds from the next admission on');
    return true;
  },
};

async function list(parsed: Parsed, output: Output): Promise<void> {
  const found = await withEngine((db) => createOperations(db).limits());
  const rows = found.map((setting) => ({
    ...{ scope: setting.scope, org_id: setting.orgId, max_running: setting.maxRunning },
    ...{
      weight: setting.weight,
      max_queued: setting.maxQueued,
      set_by: setting.setBy,
      reason: setting.reason,
    },
  }));
  output.rows(rows, { json: parsed.flag('json'), empty: 'All limits are the defaults' });
}

async function setGlobal(parsed: Parsed): Promise<void> {
  const maxRunning = numberOf(parsed, 'max-running', limitBounds.maxRunning);
  if (maxRunning === undefined || parsed.option('weight') !== undefined) throw usageError(usage);
  const deed = deedOf(parsed);
  await withEngine((db) => createOperations(db).setGlobalLimit(maxRunning, deed));
}

async function setOrganization(id: string, parsed: Parsed): Promise<void> {
  const change: OrganizationLimits = {
    maxRunning: numberOf(parsed, 'max-running', limitBounds.maxRunning),
    weight: numberOf(parsed, 'weight', { ...limitBounds.weight, isFraction: true }),
    maxQueued: numberOf(parsed, 'max-queued', limitBounds.maxQueued),
  };
  if (Object.values(change).every((value) => value === undefined)) throw usageError(usage);
  const deed = deedOf(parsed);
  await withEngine((db) => createOperations(db).setOrganizationLimits(id, change, deed));
}

/** Undefined: not given. Null: `default`. */
function numberOf(
  parsed: Parsed,
  name: string,
  { min, max, isFraction = false }: { min: number; max: number; isFraction?: boolean },
): number | null | undefined {
  const text = parsed.option(name);
  if (text === undefined) return undefined;
  if (text === 'default') return null;
  const value = Number(text);
  const isNumber = isFraction ? /^\d+(\.\d+)?$/.test(text) : /^\d+$/.test(text);
  if (isNumber && value >= min && value <= max) return value;
  const kind = isFraction ? 'a number' : 'a whole number';
  throw new LoupeError('invalid', `--${name} must be ${kind} from ${min} to ${max}, or the word default`);
}
