import { conflict } from '@loupe/common/errors';
import { partLimits } from '@loupe/common/models';

/** What was written to a dashboard or a canvas; throws `conflict` when there was no room for it. */
export function fitted<Part>(part: Part | undefined, where: string): Part {
  if (part !== undefined) return part;
  const { count, bytes } = partLimits;
  throw conflict(
    `There is no room for this on the ${where}: it holds at most ${count} of a kind, with ${bytes / 1_024} KiB of JSON`,
    { code: 'no_room' },
  );
}
