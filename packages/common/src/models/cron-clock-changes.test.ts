import { nextTime } from './cron';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Stretch {
  timezone: string;
  from: number;
  to: number;
}

/** The times after `from` and before `to`. */
function timesWithin(cronExpression: string, { timezone, from, to }: Stretch): string[] {
  const times: string[] = [];
  for (let last = new Date(from); ;) {
    const next = nextTime({ cronExpression, timezone }, last);
    if (next === undefined || next.getTime() >= to) return times;
    expect(next.getTime()).toBeGreaterThan(last.getTime());
    times.push(iso(next));
    last = next;
  }
}

const iso = (instant: Date | number): string => new Date(instant).toISOString().replace('.000Z', 'Z');

describe('the table', () => {
  // Each row: zone, expression, the instant to start from, and the times that follow. Local times in the comments.
  it.each([
    // 02:30 does not exist on 8 March: right after the gap, 03:00. On 1 November 01:30 comes twice: once.
    ['America/New_York', '30 2 * * *', '2026-03-07T12:00:00Z', ['2026-03-08T07:00:00Z', '2026-03-09T06:30:00Z']],
    ['America/New_York', '30 1 * * *', '2026-10-31T12:00:00Z', ['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z']],
    // An interval goes on by the hour, through the hour that comes twice and past the one that does not exist.
    ['America/New_York', '0 * * * *', '2026-03-08T06:30:00Z', ['2026-03-08T07:00:00Z', '2026-03-08T08:00:00Z']],
    ['America/New_York', '0 * * * *', '2026-11-01T04:30:00Z', ['2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z', '2026-11-01T07:00:00Z']],
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z']],
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']],
    // 12:45 ahead of UTC, 13:45 in summer: 02:45 becomes 03:45, and 03:45 becomes 02:45.
    ['Pacific/Chatham', '0 3 * * *', '2026-09-25T20:00:00Z', ['2026-09-26T14:00:00Z', '2026-09-27T13:15:00Z']],
    ['Pacific/Chatham', '0 3 * * *', '2026-04-04T12:00:00Z', ['2026-04-04T13:15:00Z', '2026-04-05T14:15:00Z']],
    // Half an hour: 02:00 becomes 02:30, and 02:00 becomes 01:30.
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-02T20:00:00Z', ['2026-10-03T15:30:00Z', '2026-10-04T15:15:00Z']],
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04T12:00:00Z', ['2026-04-04T14:45:00Z', '2026-04-05T15:15:00Z']],
    // Two hours: 01:00 becomes 03:00, and 03:00 becomes 01:00.
    ['Antarctica/Troll', '30 1 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00Z', '2026-03-29T23:30:00Z']],
    ['Antarctica/Troll', '30 1 * * *', '2026-10-24T12:00:00Z', ['2026-10-24T23:30:00Z', '2026-10-26T01:30:00Z']],
    // At midnight: 23:00 of 28 March becomes 00:00 of the 29th, and 24:00 of 24 October becomes 23:00 of the same day.
    ['America/Nuuk', '0 0 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T01:00:00Z', '2026-03-30T01:00:00Z']],
    ['America/Nuuk', '*/30 * * * *', '2026-03-29T00:15:00Z', ['2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z']],
    ['America/Nuuk', '30 23 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']],
    // No changes at all.
    ['Asia/Kolkata', '30 9 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T04:00:00Z', '2026-03-30T04:00:00Z']],
  ] as const)('%s %j', (...[timezone, expression, after, expected]) => {
    const to = Date.parse(expected.at(-1) ?? after) + 1;
    expect(timesWithin(expression, { timezone, from: Date.parse(after), to })).toEqual(expected);
  }); // prettier-ignore
});

/** One minute of a stretch, as the clocks on the wall show it. */
interface WallMinute {
  at: number;
  day: string;
  /** Minutes since its clocks' midnight. */
  minute: number;
}

/** Worked out by looking at the clocks minute by minute, apart from any cron library. */
function wallMinutes({ timezone, from, to }: Stretch): WallMinute[] {
  const clock = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return Array.from({ length: (to - from) / minuteMs }, (_, n) => {
    const at = from + n * minuteMs;
    const [day = '', time = ''] = clock.format(at).split(' ');
    const [hour, minute] = time.split(':').map(Number);
    return { at, day, minute: (hour ?? NaN) * 60 + (minute ?? NaN) };
  });
}

/** Once on each day: the first minute of it that the clocks show, or the first after it where they leave it out. */
function onceADay(wall: readonly WallMinute[], minute: number): string[] {
  return wall.flatMap(({ at, day, minute: shown }, n) => {
    const before = wall[n - 1];
    if (before === undefined) return [];
    const isFirst = shown === minute && !wall.slice(0, n).some((w) => w.day === day && w.minute === minute);
    const left = before.day === day ? before.minute : -1;
    const isLeftOut = left >= 0 && left < minute && minute < shown;
    return isFirst || isLeftOut ? [iso(at)] : [];
  });
}

const changes = [
  ...[['America/New_York', '2026-03-08T07:00:00Z'], ['America/New_York', '2026-11-01T06:00:00Z']],
  ...[['Pacific/Chatham', '2026-04-04T14:00:00Z'], ['Pacific/Chatham', '2026-09-26T14:00:00Z']],
  ...[['Australia/Lord_Howe', '2026-04-04T15:00:00Z'], ['Australia/Lord_Howe', '2026-10-03T15:30:00Z']],
  ...[['Antarctica/Troll', '2026-03-29T01:00:00Z'], ['Antarctica/Troll', '2026-10-25T01:00:00Z']],
  ...[['America/Nuuk', '2026-03-29T01:00:00Z'], ['America/Nuuk', '2026-10-25T01:00:00Z']],
] as [string, string][]; // prettier-ignore

describe.each(changes)('%s, where clocks change at %s', (timezone, at) => {
  const change = Date.parse(at);
  const stretch = { timezone, from: change - 30 * hourMs, to: change + 30 * hourMs };
  const wall = wallMinutes(stretch);
  // The first instant is none that comes after itself.
  const after = wall.slice(1);

  it.each([
    ['*/15 * * * *', (minute: number) => minute % 15 === 0],
    ['0 * * * *', (minute: number) => minute % 60 === 0],
    ['30 */2 * * *', (minute: number) => minute % 120 === 30],
  ])('fires %j whenever the clocks show such a time', (expression, isTime) => {
    const expected = after.filter(({ minute }) => isTime(minute)).map((one) => iso(one.at));
    expect(timesWithin(expression, stretch)).toEqual(expected);
  });

  it('fires once a day at any fixed time, right after it where it is left out', () => {
    for (let minute = 0; minute < 24 * 60; minute += 15) {
      if (isSkipped(timezone, at, minute)) continue;
      const expression = `${minute % 60} ${Math.floor(minute / 60)} * * *`;
      expect([expression, ...timesWithin(expression, stretch)]).toEqual([
        expression,
        ...onceADay(wall, minute),
      ]);
    }
  });
});

/** The one case that docs/schedules.md calls wrong: the hour before midnight is left out. */
const isSkipped = (timezone: string, at: string, minute: number): boolean =>
  timezone === 'America/Nuuk' && at.startsWith('2026-03') && minute >= 23 * 60;

it('skips the day when the hour before its midnight is left out, and goes on the next day', () => {
  const stretch = { timezone: 'America/Nuuk', from: Date.parse('2026-03-28T12:00:00Z'), to: Date.parse('2026-03-31T12:00:00Z') };
  expect(timesWithin('30 23 * * *', stretch)).toEqual(['2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z']);
}); // prettier-ignore
