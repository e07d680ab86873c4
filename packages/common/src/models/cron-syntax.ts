interface Field {
  name: string;
  min: number;
  max: number;
  /** Words for numbers, the first of them for `min`. */
  names?: readonly string[];
  /** Whether `?` may stand for `*`. */
  isDay?: boolean;
}

/** A sixth field, the second, comes before the other five. 0 and 7 are both Sunday. */
const fields: readonly Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, isDay: true },
  {
    ...{ name: 'month', min: 1, max: 12 },
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    ...{ name: 'day of week', min: 0, max: 7, isDay: true },
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
];

const nickname = /^@(?:hourly|daily|weekly|monthly|yearly)$/i;
const listItem = /^(?:\*|(?<from>[0-9a-z]+)(?:-(?<to>[0-9a-z]+))?)(?:\/(?<step>\d{1,2}))?$/i;

/**
 * What an expression says that the dialect of the REST contract (section 5.1) does not know, in words that follow the
 * field's name; undefined when nothing. The library that computes times reads more than this.
 */
export function cronSyntaxProblem(expression: string): string | undefined {
  if (nickname.test(expression.trim())) return undefined;
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    return 'must have five fields (minute, hour, day of month, month, day of week), or six with the second first';
  }
  const problems = fields.slice(-parts.length).map((field, i) => fieldProblem(field, parts[i] ?? ''));
  return problems.find((problem) => problem !== undefined);
}

function fieldProblem(field: Field, text: string): string | undefined {
  if (field.isDay === true && text === '?') return undefined;
  const problems = text.split(',').map((item) => itemProblem(field, item));
  const problem = problems.find((words) => words !== undefined);
  return problem && `has a ${field.name} that is not valid: ${problem}`;
}

function itemProblem(field: Field, item: string): string | undefined {
  const groups = listItem.exec(item)?.groups;
  if (groups === undefined) return `"${item}" cannot be read`;
  const { from, to, step } = groups;
  const wrong = [from, to].find((value) => value !== undefined && valueOf(field, value) === undefined);
  if (wrong !== undefined) return `"${wrong}" is not within ${field.min} to ${field.max}`;
  if (step === undefined) return rangeProblem(field, item, [from, to]);
  const most = field.max - field.min + 1;
  if (Number(step) < 1 || Number(step) > most) return `the step of "${item}" is not within 1 to ${most}`;
  if (from !== undefined && to === undefined) return `the step of "${item}" needs a range or * before it`;
  return rangeProblem(field, item, [from, to]);
}

function rangeProblem(
  field: Field,
  item: string,
  [from, to]: [string | undefined, string | undefined],
): string | undefined {
  if (from === undefined || to === undefined) return undefined;
  const [first = 0, last = 0] = [valueOf(field, from), valueOf(field, to)];
  // A week that is written by names may end with its Sunday, as one by numbers ends with 7.
  return first <= last || (field.max === 7 && last === 0 && /^sun$/i.test(to))
    ? undefined
    : `"${item}" ends before it begins`;
}

function valueOf({ min, max, names = [] }: Field, text: string): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  const value = named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}
