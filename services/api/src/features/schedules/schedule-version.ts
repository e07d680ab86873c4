import type { Schedule } from '@loupe/common/models';
import type { IfMatch } from '../../http/preconditions';

/** A fire changes what a read answers, and so its ETag; the version counts saves alone. */
export const versionOf = ({ version, lastRunAt, nextRunAt }: Schedule): string =>
  [version, lastRunAt?.getTime() ?? 0, nextRunAt?.getTime() ?? 0].join('.');

/** The saves that a client has seen: its change undoes nobody's, however often the schedule has fired since. */
export const savesOf = (ifMatch: IfMatch): IfMatch => ifMatch?.map((tag) => tag.replace(/\.[\d.]*"$/, '"'));
