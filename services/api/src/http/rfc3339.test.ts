import fc from 'fast-check';
import { parseRfc3339 } from './rfc3339';

describe('parseRfc3339', () => {
  it('reads what any date writes of itself', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(dates, (date) => expect(parseRfc3339(date.toISOString())).toEqual(date)));
  });

  it.each([
    ['2024-02-29T12:00:00+02:30', '2024-02-29T09:30:00.000Z'],
    ['2024-02-29t12:00:00.123456z', '2024-02-29T12:00:00.123Z'],
    ['2024-02-29 12:00:00-01:00', '2024-02-29T13:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(parseRfc3339(text)?.toISOString()).toBe(expected);
  });

  it.each([
    '2023-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:61Z',
    '2024-01-01T00:00Z',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01',
    '24-01-01T00:00:00Z',
    ' 2024-01-01T00:00:00Z',
    '',
  ])('refuses "%s"', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});
