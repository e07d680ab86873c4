import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { titlesOf } from './titles.mjs';

/** `1.6/limit › above 100 → 100`: the row, and what of it is shown. */
const SEPARATOR = ' › ';
const ROW = /^\d+(\.\d+)*\/\S/;

/** What the tests of the suite say they show: row → [{ file, what }]. */
export function readSuite(folder) {
  const shown = new Map();
  const files = readdirSync(folder).filter((name) => name.endsWith('.api.test.ts'));
  for (const file of files) {
    for (const text of titlesOf(join(folder, file))) {
      if (!ROW.test(text)) continue;
      const [row, ...what] = text.split(SEPARATOR);
      shown.set(row, [...(shown.get(row) ?? []), { file, what: what.join(SEPARATOR) }]);
    }
  }
  return shown;
}
