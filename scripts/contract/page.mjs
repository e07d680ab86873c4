import { basename } from 'node:path';
import { endOf } from './ends.mjs';
import { byId } from './sections.mjs';

const SUITE = 'services/api/src/contract';

const introduction = (counts) => `# The contract and its tests

What the REST contract promises, row by row, and the test that shows it. The rows are listed in
\`${SUITE}/rows\`; a test of the suite beside it begins with the name of its row:
\`1.6/limit › above 100 → 100\`. Where another test shows a row already, the row names that test.

This page is made by \`node scripts/contract-tests.mjs\`, which fails when a row has no test, when a test names no row, and when
a test that a row names is not there; \`npm test\` asks it.

${counts}
`;

export function pageOf(sections, suite) {
  const tables = sections.map(({ id, title, rows }) => {
    const lines = Object.entries(rows).map(
      ([name, shownBy]) => `| ${cell(name)} | ${shownIn(shownBy, suite.get(`${id}/${name}`) ?? [])} |`,
    );
    return [`## ${id} ${title}`, '', '| Row | Shown by |', '| --- | --- |', ...lines, ''].join('\n');
  });
  return [introduction(countsOf(sections)), ...tables].join('\n');
}

function countsOf(sections) {
  const rows = byId(sections);
  const all = [...rows.values()];
  const own = all.filter((shownBy) => shownBy === 'suite').length;
  const later = all.filter((shownBy) => endOf(shownBy, rows)?.later !== undefined).length;
  return `${all.length} rows: ${own} shown by the suite, ${all.length - own - later} elsewhere, ${later} later.`;
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('*', '\\*');

const link = (file) => `[${basename(file).replace(/(\.\w+)?\.test\.ts$/, '')}](../${file})`;

function shownIn(shownBy, tests) {
  if (shownBy === 'suite') return [...Map.groupBy(tests, ({ file }) => file)].map(ofSuite).join('<br>');
  if (shownBy.later !== undefined) return `later: ${cell(shownBy.later)}`;
  if (shownBy.row !== undefined) return `row ${cell(shownBy.row)}`;
  return `${link(shownBy.file)}: ${cell(shownBy.test ?? '')}`;
}

function ofSuite([file, tests]) {
  const what = tests.map((test) => test.what).filter((text) => text !== '');
  return `${link(`${SUITE}/${file}`)}${what.length > 0 ? `: ${cell(what.join('; '))}` : ''}`;
}
