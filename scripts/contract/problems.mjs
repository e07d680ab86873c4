import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endOf } from './ends.mjs';
import { byId } from './sections.mjs';
import { titlesOf } from './titles.mjs';

/** Everything that keeps the table from being true, one sentence each. */
export function problemsOf({ root, sections, suite }) {
  const rows = byId(sections);
  const strays = [...suite.keys()].filter((id) => !rows.has(id));
  return [
    ...strays.map((id) => `a test names the row ${id}, which rows/ does not know`),
    ...[...rows].flatMap(([id, shownBy]) => {
      const problem = problemOf(shownBy, { root, rows, isShown: suite.has(id) });
      return problem === undefined ? [] : [`${id}: ${problem}`];
    }),
  ];
}

function problemOf(shownBy, { root, rows, isShown }) {
  if (shownBy === 'suite') return isShown ? undefined : 'no test of the suite is named after it';
  if (isShown) return 'a test of the suite is named after it, so rows/ should say "suite"';
  if (shownBy.later !== undefined) return undefined;
  if (shownBy.row === undefined) return problemOfTest(shownBy, root);
  if (!rows.has(shownBy.row)) return `there is no row ${shownBy.row}`;
  return endOf(shownBy, rows) === undefined ? `row ${shownBy.row} leads to no test` : undefined;
}

function problemOfTest({ file, test }, root) {
  if (!file.endsWith('.test.ts')) return `${file} is no file of tests`;
  if (!existsSync(join(root, file))) return `there is no file ${file}`;
  if (test === undefined) return `which test of ${file} shows it?`;
  return titlesOf(join(root, file)).has(test) ? undefined : `${file} has no test “${test}”`;
}
