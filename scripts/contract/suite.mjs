import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

/** `1.6/limit › above 100 → 100`: the row, and what of it is shown. */
const SEPARATOR = ' › ';
const ROW = /^\d+(\.\d+)*\/\S/;

/** All texts of a file that stand in it as they are. Comments hold none. */
export function textsOf(file) {
  const source = ts.createSourceFile(basename(file), readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const texts = new Set();
  const visit = (node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) texts.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

/** What the tests of the suite say they show: row → [{ file, what }]. */
export function readSuite(folder) {
  const shown = new Map();
  const files = readdirSync(folder).filter((name) => name.endsWith('.api.test.ts'));
  for (const file of files) {
    for (const text of textsOf(join(folder, file))) {
      if (!ROW.test(text)) continue;
      const [row, ...what] = text.split(SEPARATOR);
      shown.set(row, [...(shown.get(row) ?? []), { file, what: what.join(SEPARATOR) }]);
    }
  }
  return shown;
}
