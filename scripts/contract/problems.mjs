import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rowsOf } from './sections.mjs';
import { textsOf } from './suite.mjs';

/** Everything that keeps the table from being true, one sentence each. */
export function problemsOf({ root, sections, suite }) {
  const rows = rowsOf(sections);
  const known = new Set(rows.map(({ id }) => id));
  const strays = [...suite.keys()].filter((id) => !known.has(id));
  return [
    ...strays.map((id) => `a test names the row ${id}, which rows/ does not know`),
    ...rows.flatMap(({ id, shownBy }) => {
      const problem = problemOf(shownBy, { root, known, isShown: suite.has(id) });
      return problem === undefined ? [] : [`${id}: ${problem}`];
    }),
  ];
}

function problemOf(shownBy, { root, known, isShown }) {
  if (shownBy === 'suite') return isShown ? undefined : 'no test of the suite is named after it';
  if (isShown) return 'a test of the suite is named after it, so rows/ should say "suite"';
  if (shownBy.later !== undefined) return undefined;
  if (shownBy.row !== undefined) return known.has(shownBy.row) ? undefined : `there is no row ${shownBy.row}`;
  if (!existsSync(join(root, shownBy.file))) return `there is no file ${shownBy.file}`;
  if (shownBy.test === undefined || textsOf(join(root, shownBy.file)).has(shownBy.test)) return undefined;
  return `${shownBy.file} has no test “${shownBy.test}”`;
}
