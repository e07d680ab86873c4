import Joi from 'joi';
import { section, type Section } from '../definition';
import { commaList, processName, wholeNumber } from '../values';
import { generateName } from './process';

/** Pools a runner can serve. */
export type RunnerPool = 'interactive' | 'scheduled' | 'quarantine';

export interface RunnerConfig {
  id: string;
  /** Runs executed at once. */
  slots: number;
  pools: RunnerPool[];
  /** The most that JavaScript values may take in the child process of a run in quarantine, MiB. */
  quarantineMemoryMb: number;
  maxResultBytes: number;
  maxResultColumns: number;
  maxResultCellBytes: number;
}

const POOLS: readonly string[] = ['interactive', 'scheduled', 'quarantine'] satisfies RunnerPool[];
const MEBIBYTE = 1024 * 1024;

const pools = (): Joi.AnySchema<RunnerPool[]> =>
  commaList<RunnerPool>((item) =>
    POOLS.includes(item) ? undefined : `must be some of ${POOLS.join(', ')}, separated by commas`,
  )
    .default(['interactive', 'scheduled', 'quarantine'])
    .meta({
      default: '`interactive,scheduled,quarantine`',
      allowed: 'some of `interactive`, `scheduled`, `quarantine`, comma-separated',
    })
    .description('Pools this runner serves.');

/** What a runner takes on, and how large a result may get. */
export const runnerSection: Section<RunnerConfig> = section({
  variables: {
    RUNNER_ID: processName().description('Name of this runner in logs.'),
    RUNNER_SLOTS: wholeNumber(1, 1000).default(8).description('Runs this runner executes at once.'),
    RUNNER_POOLS: pools(),
    RUNNER_QUARANTINE_MEMORY_MB: wholeNumber(32, 65_536)
      .default(256)
      .description('Memory of the process in which a run executes again that lost its runner, MiB.'),
    MAX_RESULT_BYTES: wholeNumber(1, 1024 * MEBIBYTE)
      .default(50 * MEBIBYTE)
      .description('Largest result, bytes.'),
    MAX_RESULT_COLUMNS: wholeNumber(1, 1600).default(1600).description('Most columns of a result.'),
    MAX_RESULT_CELL_BYTES: wholeNumber(1, 64 * MEBIBYTE)
      .default(MEBIBYTE)
      .description('Largest value, bytes.'),
  },
  check: (values) => ({
    ...((values.MAX_RESULT_CELL_BYTES ?? 0) > (values.MAX_RESULT_BYTES ?? Infinity) && {
      MAX_RESULT_CELL_BYTES: 'MAX_RESULT_CELL_BYTES must not exceed MAX_RESULT_BYTES',
    }),
  }),
  read: (values) => ({
    id: values.RUNNER_ID ?? generateName('runner'),
    slots: values.RUNNER_SLOTS,
    pools: values.RUNNER_POOLS,
    quarantineMemoryMb: values.RUNNER_QUARANTINE_MEMORY_MB,
    maxResultBytes: values.MAX_RESULT_BYTES,
    maxResultColumns: values.MAX_RESULT_COLUMNS,
    maxResultCellBytes: values.MAX_RESULT_CELL_BYTES,
  }),
});
