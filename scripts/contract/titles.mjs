import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';

/** What a test can be called by in a file: first arguments of it, test and describe, and first members of `.each` rows. */
export function titlesOf(file) {
  const source = ts.createSourceFile(basename(file), readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const values = valuesOf(source);
  const titles = new Set();
  visitAll(source, (node) => {
    if (!ts.isCallExpression(node) || !isOfTests(node.expression)) return;
    const [first] = node.arguments;
    const found = isEach(node.expression) ? rowsOf(first, values).map(firstMember) : [first];
    for (const text of found.map(textOf)) if (text !== undefined) titles.add(text);
  });
  return titles;
}

function visitAll(node, see) {
  see(node);
  ts.forEachChild(node, (child) => visitAll(child, see));
}

/** Name → all that it is declared as, so that a table may stand before the test. */
function valuesOf(source) {
  const values = new Map();
  visitAll(source, (node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      values.set(node.name.text, [...(values.get(node.name.text) ?? []), node.initializer]);
  });
  return values;
}

/** `it`, `it.each`, `it.each(…)`. */
function isOfTests(callee) {
  if (ts.isIdentifier(callee)) return ['it', 'test', 'describe'].includes(callee.text);
  if (ts.isPropertyAccessExpression(callee)) return isOfTests(callee.expression);
  return ts.isCallExpression(callee) && isEach(callee.expression) && isOfTests(callee.expression);
}

const isEach = (callee) => ts.isPropertyAccessExpression(callee) && callee.name.text === 'each';

/** The rows of a table, also of one that has a name, is filtered, or is made of another. */
function rowsOf(table, values) {
  if (table === undefined) return [];
  if (ts.isArrayLiteralExpression(table))
    return table.elements.flatMap((row) =>
      ts.isSpreadElement(row) ? rowsOf(row.expression, values) : [row],
    );
  if (ts.isAsExpression(table)) return rowsOf(table.expression, values);
  if (ts.isIdentifier(table)) return (values.get(table.text) ?? []).flatMap((one) => rowsOf(one, values));
  if (!ts.isCallExpression(table)) return [];
  const made = ts.isPropertyAccessExpression(table.expression)
    ? [table.expression.expression]
    : table.arguments;
  return made.flatMap((one) => rowsOf(one, values));
}

const firstMember = (row) => (ts.isArrayLiteralExpression(row) ? row.elements[0] : row);

function textOf(node) {
  if (node === undefined) return undefined;
  if (ts.isTemplateExpression(node)) return node.head.text;
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}
