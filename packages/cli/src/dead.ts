import { createDeadLetters, type DeadLetters } from '@loupe/common/commands/operate';
import { LoupeError } from '@loupe/common/errors';
import {
  type DeadRunFilter,
  type DeadRunSelection,
  maxReplays,
  type RunErrorClass,
  runErrorClasses,
} from '@loupe/common/models';
import { type Command, deedOf, idOf, parse, type Parsed, usageError } from './command';
import { withEngine } from './connect';
import type { Output } from './output';

const usage = `loupe dead [list]               runs that were given up, newest first
      [--org <id>] [--datasource <id>] [--query <id>] [--error-class C] [--limit N] [--offset N]
loupe dead replay <run id>… [--dry-run] --reason "…"      execute them again, as new runs
loupe dead replay --all [filters as above] [--dry-run] --reason "…"`;

const options = {
  ...{ org: false, datasource: false, query: false, 'error-class': false, limit: false, offset: false },
  ...{ all: true, 'dry-run': true, reason: false },
};

export const dead: Command = {
  usage,
  async run(words, output) {
    const parsed = parse(words, options, { usage });
    const [verb = 'list', ...ids] = parsed.positionals;
    if (verb === 'list' && ids.length === 0) return list(parsed, output);
    if (verb === 'replay') return replay(ids, parsed, output);
    throw usageError(usage);
  },
};

const withDeadLetters = <T>(work: (letters: DeadLetters) => Promise<T>): Promise<T> =>
  withEngine((db, { limits }) => {
    const { maxQueuedPerOrg, queueDeadlineSeconds } = limits;
    // Nobody is told: a scheduler's next tick, a fifth of a second away, admits what was replayed.
    return work(
      createDeadLetters({ db, maxQueuedPerOrg, queueDeadlineSeconds: queueDeadlineSeconds.scheduled }),
    );
  });

async function list(parsed: Parsed, output: Output): Promise<boolean> {
  const request = {
    ...filterOf(parsed),
    limit: wholeNumber(parsed, 'limit', { fallback: 50, max: 1_000 }),
    offset: wholeNumber(parsed, 'offset', { fallback: 0, max: Number.MAX_SAFE_INTEGER }),
    sort: [{ field: 'completed_at', descending: true }],
    orgId: orgOf(parsed),
  };
  const { items, total } = await withDeadLetters((letters) => letters.list(request));
  const rows = items.map((run) => ({
    ...{
      id: run.id,
      org_id: run.orgId,
      datasource_id: run.datasourceId,
      query_id: run.queryId,
      pool: run.pool,
    },
    ...{ error_class: run.errorClass, failures: run.failures, lost: run.lost, ended_at: run.finishedAt },
  }));
  const json = parsed.flag('json');
  output.rows(rows, { json, empty: 'No dead letters' });
  if (!json && total > items.length) output.line(`${items.length} of ${total}; --offset shows the next`);
  return true;
}

async function replay(ids: string[], parsed: Parsed, output: Output): Promise<boolean> {
  const isAll = parsed.flag('all');
  if (isAll === ids.length > 0) throw usageError(usage);
  if (ids.length > maxReplays) throw new LoupeError('invalid', `At most ${maxReplays} runs at once`);
  const selection: DeadRunSelection = isAll
    ? { filter: filterOf(parsed) }
    : { ids: [...new Set(ids.map((id) => idOf(id, 'A run')))] };
  const deed = deedOf(parsed);
  const request = { selection, orgId: orgOf(parsed), dryRun: parsed.flag('dry-run') };
  const report = await withDeadLetters((letters) => letters.replayMany(request, deed));

  const made = new Map(report.replays.map(({ runId, replayOf }) => [replayOf, runId]));
  const rows = [
    ...report.runIds.map((id) => ({ dead_run: id, new_run: made.get(id) ?? null, not_replayed: null })),
    ...report.skipped.map(({ runId, reason }) => ({ dead_run: runId, new_run: null, not_replayed: reason })),
  ];
  const json = parsed.flag('json');
  output.rows(rows, { json, empty: 'No dead run to replay' });
  if (!json) {
    const count = report.runIds.length;
    output.line(report.dryRun ? `${count} would be replayed; nothing was changed` : `${count} replayed`);
    if (report.remaining > 0) output.line(`${report.remaining} more are left for the next call`);
  }
  return report.skipped.length === 0;
}

const orgOf = (parsed: Parsed): string | undefined => optionalId(parsed, 'org');

function optionalId(parsed: Parsed, name: string): string | undefined {
  const text = parsed.option(name);
  return text === undefined ? undefined : idOf(text, `--${name}`);
}

function filterOf(parsed: Parsed): DeadRunFilter {
  const errorClass = parsed.option('error-class');
  if (errorClass !== undefined && !(runErrorClasses as string[]).includes(errorClass)) {
    throw new LoupeError('invalid', `--error-class must be one of ${runErrorClasses.join(', ')}`);
  }
  return {
    datasourceId: optionalId(parsed, 'datasource'),
    queryId: optionalId(parsed, 'query'),
    errorClass: errorClass as RunErrorClass | undefined,
  };
}

function wholeNumber(
  parsed: Parsed,
  name: string,
  { fallback, max }: { fallback: number; max: number },
): number {
  const text = parsed.option(name);
  if (text === undefined) return fallback;
  if (/^\d{1,16}$/.test(text) && Number(text) <= max) return Number(text);
  throw new LoupeError('invalid', `--${name} must be a whole number of at most ${max}`);
}
