import { refusedFunction } from './refused-functions';
import { positionOfByte } from './text-position';

/** A node of the tree that PostgreSQL's own parser makes: its kinds begin with a capital, its fields do not. */
type Tree = Readonly<Record<string, unknown>>;

interface Finding {
  problem: string;
  /** Bytes of UTF-8 before it; undefined where the tree does not say. */
  at: number | undefined;
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

const dataModifying = /^(Insert|Update|Delete|Merge)Stmt$/;

/**
 * What is wrong with a statement by section 2.4.3 of the REST contract, as words that follow "sql", or undefined when it
 * is accepted. No depth of the tree can exhaust the stack.
 *
 * @param parsed the tree of the whole text
 * @param text that was parsed
 */
export function judgeStatement(parsed: unknown, text: string): string | undefined {
  const finding = judge(parsed);
  if (finding === undefined) return undefined;
  const { problem, at } = finding;
  return at === undefined ? problem : `${problem} (${positionOfByte(text, at)})`;
}

function judge(parsed: unknown): Finding | undefined {
  const statements = (fieldOf(parsed, 'stmts') ?? []) as Tree[];
  const [only, second] = statements;
  if (only === undefined) return { problem: 'must hold a statement; this is empty', at: undefined };
  if (second !== undefined) {
    const problem = `must be one statement; there are ${statements.length}, and here begins the second`;
    return { problem, at: second['stmt_location'] as number };
  }
  const statement = only['stmt'] as Tree;
  return judgeKind(statement) ?? judgeInside(statement);
}

const ALLOWED = 'SELECT, WITH, VALUES, TABLE, EXPLAIN without ANALYZE, or SHOW';

/** What may stand at the top. */
function judgeKind(statement: Tree): Finding | undefined {
  const kind = Object.keys(statement)[0] ?? '';
  if (kind === 'SelectStmt' || kind === 'VariableShowStmt') return undefined;
  if (kind !== 'ExplainStmt')
    return { problem: `must be a read-only statement (${ALLOWED}), not ${nameOf(kind)}`, at: undefined };
  const explain = statement[kind] as Tree;
  const options = (explain['options'] ?? []) as Tree[];
  const analyze = options.find((option) => isNamed(fieldOf(option, 'DefElem'), 'analyze'));
  if (analyze !== undefined) {
    return {
      problem: 'must not use EXPLAIN with ANALYZE, which executes the statement',
      at: locationOf(analyze),
    };
  }
  if (fieldOf(explain['query'], 'SelectStmt') !== undefined) return undefined;
  return {
    problem: `must be a read-only statement (${ALLOWED}); EXPLAIN of another one is not`,
    at: undefined,
  };
}

const isNamed = (element: unknown, name: string): boolean =>
  String(fieldOf(element, 'defname')).toLowerCase() === name;

/** `CreateTableAsStmt` → "CREATE TABLE AS" */
const nameOf = (kind: string): string =>
  kind
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();

/** What may not stand anywhere, looked for in every node there is. */
function judgeInside(statement: Tree): Finding | undefined {
  const pending: unknown[] = [statement];
  const functionTables = new Set<string>();
  const fields: unknown[] = [];
  while (pending.length > 0) {
    const node = pending.pop();
    if (!isTree(node)) continue;
    for (const [key, value] of Object.entries(node)) {
      const problem = judgeNode(key, value);
      if (problem !== undefined) return { problem, at: locationOf(value) };
      if (key === 'RangeFunction') for (const name of tableNamesOf(value)) functionTables.add(name);
      if (key === 'ColumnRef') fields.push(value);
      pending.push(value);
    }
  }
  return judgeFields(fields, functionTables);
}

/** `x.f` is `f(x)` where x is a function in FROM whose value has no field f: it looks like a column, and calls. */
function judgeFields(fields: unknown[], functionTables: ReadonlySet<string>): Finding | undefined {
  for (const field of fields) {
    const [table, name] = namesOf(fieldOf(field, 'fields')).slice(-2);
    if (table === undefined || name === undefined || !functionTables.has(table)) continue;
    const problem = judgeCalls([name]);
    if (problem !== undefined) return { problem, at: locationOf(field) };
  }
  return undefined;
}

/** By what a function in FROM can be referred to: its alias, or else the name of each function in it. */
function tableNamesOf(rangeFunction: unknown): string[] {
  const alias = fieldOf(fieldOf(rangeFunction, 'alias'), 'aliasname');
  const names = typeof alias === 'string' ? [alias] : [];
  const pending: unknown[] = [fieldOf(rangeFunction, 'functions')];
  while (pending.length > 0) {
    const node = pending.pop();
    if (!isTree(node)) continue;
    const call = fieldOf(node, 'FuncCall');
    if (call === undefined) pending.push(...Object.values(node));
    else names.push(...namesOf(fieldOf(call, 'funcname')).slice(-1));
  }
  return names;
}

function judgeNode(key: string, value: unknown): string | undefined {
  // The parts before the last are a schema.
  if (key === 'FuncCall') return judgeCalls(namesOf(fieldOf(value, 'funcname')).slice(-1));
  // `(x).f` is `f(x)` where x has no field f.
  if (key === 'A_Indirection') return judgeCalls(namesOf(fieldOf(value, 'indirection')));
  if (key === 'IntoClause' || key === 'intoClause') return 'must not use SELECT … INTO, which makes a table';
  if (key === 'LockingClause') return 'must not lock rows (FOR UPDATE, FOR SHARE and the like)';
  if (dataModifying.test(key)) return `must not change data: it holds ${nameOf(key)}`;
  return undefined;
}

function judgeCalls(names: string[]): string | undefined {
  for (const name of names) {
    const reason = refusedFunction(name);
    if (reason !== undefined) return `must not call ${name.slice(0, MAX_NAME)}: ${reason}`;
  }
  return undefined;
}

/** As long as PostgreSQL lets a name be. */
const MAX_NAME = 63;

/** Of `pg_catalog.pg_sleep`, two. */
const namesOf = (parts: unknown): string[] =>
  (Array.isArray(parts) ? parts : []).flatMap((part: unknown) => {
    const name = fieldOf(fieldOf(part, 'String'), 'sval');
    return typeof name === 'string' ? [name] : [];
  });

const fieldOf = (value: unknown, name: string): unknown => (isTree(value) ? value[name] : undefined);

/** Where a node begins: its own location, or else the first one of what is in it. */
function locationOf(node: unknown): number | undefined {
  const pending: unknown[] = [node];
  let first: number | undefined;
  while (pending.length > 0) {
    const next = pending.pop();
    if (!isTree(next)) continue;
    const own = next['location'];
    if (typeof own === 'number' && own >= 0) first = Math.min(first ?? own, own);
    for (const value of Object.values(next)) pending.push(value);
  }
  return first;
}
