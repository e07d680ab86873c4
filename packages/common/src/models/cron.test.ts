import fc from 'fast-check';
import { cronProblem, isTimezone, nextTime } from './cron';

const minute = 60;
const utc = (cronExpression: string) => ({ cronExpression, timezone: 'UTC' });

/** The next `count` times after an instant, as RFC 3339 without milliseconds. */
function timesOf(cronExpression: string, after: string, { count = 3 } = {}): string[] {
  const times: string[] = [];
  let last = new Date(after);
  while (times.length < count) {
    const next = nextTime(utc(cronExpression), last);
    if (next === undefined) break;
    times.push(next.toISOString().replace('.000Z', 'Z'));
    last = next;
  }
  return times;
}

describe('the dialect', () => {
  it.each([
    '* * * * *', '*/5 * * * *', '*/15 * * * *', '*/30 * * * *', '0 * * * *', '0 */6 * * *', '0 */12 * * *', '0 0 * * *',
    '0 9 * * *', '0 0 * * 1', '0 0 1 * *', '0 0 9 * * *', '30 */2 * * * *', '0 0 ? * MON', '0 0 1 * ?', '0 0 ? * ?',
    '0 8 * jan-MAR,Dec mon-fri', '0 8 * * FRI-SUN', '0 8 * * 5-7', '0 8 * * 0-7/2', '10-50/20,5 1,2 * * *',
    '@hourly', '@Daily', '@WEEKLY', '@monthly', '@yearly', ' 0  0 * * * ', '0 0 29 2 *', '0 0 30 2 mon', '5 4 */2 * */3',
  ])('knows %j', (expression) => {
    expect(cronProblem(expression, minute)).toBeUndefined();
    expect(nextTime(utc(expression), new Date('2026-01-01T00:00:00Z'))).toBeInstanceOf(Date);
  }); // prettier-ignore

  it.each([
    ['', 'must have five fields'],
    ['* * * *', 'must have five fields'],
    ['0 0 0 1 1 ? 2030', 'must have five fields'],
    ['2030-01-01T00:00:00', 'must have five fields'],
    ['@reboot', 'must have five fields'],
    ['60 * * * *', 'minute that is not valid: "60" is not within 0 to 59'],
    ['0 24 * * *', 'hour that is not valid: "24"'],
    ['0 0 0 * *', 'day of month that is not valid: "0" is not within 1 to 31'],
    ['0 0 * 13 *', 'month that is not valid: "13"'],
    ['0 0 * * 8', 'day of week that is not valid: "8"'],
    ['0 0 * * MONDAY', '"MONDAY" is not within'],
    ['0 0 * mon *', '"mon" is not within'],
    ['0 MON * * *', '"MON" is not within'],
    ['60 0 0 * * *', 'second that is not valid: "60"'],
    ['30-10 * * * *', '"30-10" ends before it begins'],
    ['0 0 * * 6-1', '"6-1" ends before it begins'],
    ['0 0 * * 5-0', '"5-0" ends before it begins'],
    ['*/0 * * * *', 'the step of "*/0"'],
    ['*/61 * * * *', 'the step of "*/61"'],
    ['5/15 * * * *', 'needs a range or *'],
    ['/5 * * * *', '"/5" cannot be read'],
    ['1,,2 * * * *', '"" cannot be read'],
    ['1- * * * *', '"1-" cannot be read'],
    ['-1 * * * *', '"-1" cannot be read'],
    ['1.5 * * * *', '"1.5" cannot be read'],
    ['** * * * *', '"**" cannot be read'],
    ['? * * * *', '"?" cannot be read'],
    ['0 0 ?/2 * *', '"?/2" cannot be read'],
    ['0 0 L * *', '"L" is not within'],
    ['0 0 15W * *', '"15W" is not within'],
    ['0 0 * * 1#2', '"1#2" cannot be read'],
    ['0 0 * * +1', '"+1" cannot be read'],
    ['١ * * * *', '"١" cannot be read'],
    ['0 0 30 2 *', 'never fires'],
    ['0 0 31 4,6,9,11 *', 'never fires'],
  ])('refuses %j', (expression, words) => {
    expect(cronProblem(expression, minute)).toContain(words);
  });

  it('reads nothing that would make the library throw', () => {
    const text = fc.array(
      fc.constantFrom(...Array.from('0123456789*,-/?#LW+@ '), 'sun', 'MON', 'jan', 'Dec', ' * '),
      {
        maxLength: 25,
      },
    );
    fc.assert(
      fc.property(text, (parts) => {
        const expression = parts.join('');
        if (cronProblem(expression, 1) !== undefined) return;
        expect(nextTime(utc(expression), new Date('2026-01-01T00:00:00Z'))).toBeInstanceOf(Date);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the shortest interval', () => {
  it.each([
    ['* * * * *', 60, true],
    ['* * * * *', 61, false],
    ['*/30 * * * * *', 60, false],
    ['*/30 * * * * *', 30, true],
    ['0,59 0 0 1 1 *', 60, false],
    ['* * * * * *', 1, true],
    ['0 */5 * * * *', 300, true],
    ['*/7 * * * *', 300, false],
    ['0 0,1,12 * * *', 3_600, true],
    ['59 23,0 * * *', 3_601, false],
    ['0 0 * * *', 86_400, true],
  ])('%j every %d s: %p', (expression, seconds, isAllowed) => {
    expect(cronProblem(expression, seconds) === undefined).toBe(isAllowed);
  });
});

describe('the next time', () => {
  it('lies strictly after the instant, also when that is a time itself', () => {
    expect(timesOf('0 9 * * *', '2026-03-01T09:00:00Z', { count: 1 })).toEqual(['2026-03-02T09:00:00Z']);
    expect(timesOf('0 9 * * *', '2026-03-01T08:59:59.999Z', { count: 1 })).toEqual(['2026-03-01T09:00:00Z']);
  });

  it('takes 0 and 7 for Sunday and 1 for Monday', () => {
    const sunday = ['2026-03-01T00:00:00Z', '2026-03-08T00:00:00Z'];
    for (const day of ['0', '7', 'SUN']) {
      expect(timesOf(`0 0 * * ${day}`, '2026-02-28T12:00:00Z', { count: 2 })).toEqual(sunday);
    }
    expect(timesOf('0 0 * * 1', '2026-02-28T12:00:00Z', { count: 1 })).toEqual(['2026-03-02T00:00:00Z']);
    expect(timesOf('0 0 * * FRI-SUN', '2026-03-05T12:00:00Z')).toEqual([
      '2026-03-06T00:00:00Z',
      '2026-03-07T00:00:00Z',
      '2026-03-08T00:00:00Z',
    ]);
  });

  it('comes on either day when day of month and day of week are both restricted', () => {
    expect(timesOf('0 0 10 * mon', '2026-03-01T12:00:00Z', { count: 4 })).toEqual([
      '2026-03-02T00:00:00Z',
      '2026-03-09T00:00:00Z',
      '2026-03-10T00:00:00Z',
      '2026-03-16T00:00:00Z',
    ]);
    expect(timesOf('0 0 10 * ?', '2026-03-01T12:00:00Z', { count: 1 })).toEqual(['2026-03-10T00:00:00Z']);
    expect(timesOf('0 0 ? * mon', '2026-03-09T12:00:00Z', { count: 1 })).toEqual(['2026-03-16T00:00:00Z']);
  });

  it('is what the fields say, minute by minute', () => {
    fc.assert(
      fc.property(expressions, instants, ({ text, matches }, from) => {
        const next = nextTime(utc(text), from);
        const first = Math.floor(from.getTime() / 60_000) * 60_000 + 60_000;
        const horizon = first + 3 * 86_400_000;
        let expected = first;
        while (expected < horizon && !matches(new Date(expected))) expected += 60_000;
        if (expected < horizon) expect(next?.toISOString()).toBe(new Date(expected).toISOString());
        else expect(next?.getTime()).toBeGreaterThanOrEqual(horizon);
      }),
      { numRuns: 300 },
    );
  });

  it('grows from time to time, in any zone', () => {
    fc.assert(
      fc.property(expressions, instants, fc.constantFrom(...zones), ({ text }, from, timezone) => {
        let last = from;
        for (let n = 0; n < 5; n += 1) {
          const next = nextTime({ cronExpression: text, timezone }, last);
          expect(next?.getTime()).toBeGreaterThan(last.getTime());
          last = next ?? last;
        }
      }),
      { numRuns: 200 },
    );
  });
});

const zones = [
  'UTC', 'America/New_York', 'Europe/Berlin', 'Pacific/Chatham', 'Australia/Lord_Howe', 'Antarctica/Troll', 'America/Nuuk',
  'Asia/Kolkata', 'America/Sao_Paulo', 'Africa/Casablanca',
]; // prettier-ignore

const instants = fc.date({
  min: new Date('2025-12-01T00:00:00Z'),
  max: new Date('2027-01-31T00:00:00Z'),
  noInvalidDate: true,
});

interface Generated {
  text: string;
  values: Set<number>;
}

/** One field: its text, and the values it stands for, worked out apart from any cron library. */
function fieldOf(min: number, max: number): fc.Arbitrary<Generated> {
  const all = Array.from({ length: max - min + 1 }, (_, i) => min + i);
  const every = fc.constant({ text: '*', values: new Set(all) });
  const stepped = fc.integer({ min: 2, max: 20 }).map((step) => ({
    text: `*/${step}`,
    values: new Set(all.filter((value) => (value - min) % step === 0)),
  }));
  const value = fc.integer({ min, max });
  const list = fc.uniqueArray(value, { minLength: 1, maxLength: 4 }).map((values) => ({
    text: values.join(','),
    values: new Set(values),
  }));
  const range = fc.tuple(value, value).map(([a, b]) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    return { text: `${from}-${to}`, values: new Set(all.filter((v) => v >= from && v <= to)) };
  });
  return fc.oneof(
    every,
    stepped.filter(({ text }) => Number(text.slice(2)) <= max - min + 1),
    list,
    range,
  );
}

/** Five fields, days of month up to the 28th, so that some day of every month matches. */
const expressions = fc
  .tuple(fieldOf(0, 59), fieldOf(0, 23), fieldOf(1, 28), fieldOf(1, 12), fieldOf(0, 6))
  .map(([minutes, hours, days, monthsOfYear, weekdays]) => {
    // A step or a range that begins with * reaches to the end of the month.
    const reach = (day: number) =>
      days.text.startsWith('*/') ? (day - 1) % Number(days.text.slice(2)) === 0 : days.values.has(day);
    const isDay = (date: Date) => {
      const [ofMonth, ofWeek] = [
        days.text === '*' || reach(date.getUTCDate()),
        weekdays.values.has(date.getUTCDay()),
      ];
      return days.text === '*' || weekdays.text === '*' ? ofMonth && ofWeek : ofMonth || ofWeek;
    };
    return {
      text: [minutes, hours, days, monthsOfYear, weekdays].map(({ text }) => text).join(' '),
      matches: (date: Date) =>
        minutes.values.has(date.getUTCMinutes()) &&
        hours.values.has(date.getUTCHours()) &&
        monthsOfYear.values.has(date.getUTCMonth() + 1) &&
        isDay(date),
    };
  });

it('knows time zones by their names alone', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires'])
    expect(isTimezone(name)).toBe(true);
  for (const name of ['', 'Mars/Olympus', '+02:00', 'Europe/Berlin ', '../etc/passwd', 'CEST'])
    expect(isTimezone(name)).toBe(false);
});
