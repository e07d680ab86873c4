import fc from 'fast-check';
import { arrayEncoder } from './arrays';
import { bigintJson, numericJson, textJson, timestamptzJson } from './encoders';
import { resolveTypes } from './type-lookup';

/** [digits as an integer, number of them behind the point] of a decimal text. */
function exact(text: string): [bigint, number] {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return [BigInt(whole + fraction), fraction.length - Number(exponent)];
}

function areEqual(a: string, b: string): boolean {
  const [[m, p], [n, q]] = [exact(a), exact(b)];
  const shift = (value: bigint, by: number): bigint => value * 10n ** BigInt(Math.max(0, by));
  return shift(m, q - p) === shift(n, p - q);
}

const decimals = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.nat(30), fc.boolean())
  .map(([digits, scale, isNegative]) => {
    const padded = digits.toString().padStart(scale + 1, '0');
    const point = padded.length - scale;
    const text = scale === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
    return isNegative && digits !== 0n ? `-${text}` : text;
  });

describe('numeric', () => {
  it('is a number of exactly the same value, or its own text', () => {
    fc.assert(
      fc.property(decimals, (text) => {
        const json = numericJson(text);
        const parsed: unknown = JSON.parse(json);
        if (typeof parsed === 'string') {
          expect(parsed).toBe(text);
          expect(areEqual(String(Number(text)), text)).toBe(false);
        } else {
          expect(areEqual(json, text)).toBe(true);
          expect(areEqual(String(parsed), text)).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes milliseconds, however long its runs of zeros', () => {
    const begin = performance.now();
    numericJson(`1${'0'.repeat(130_000)}1`);
    numericJson(`0.${'0'.repeat(16_000)}1`);
    expect(performance.now() - begin).toBeLessThan(200);
  });
});

it('int8 keeps every digit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
      expect(String(JSON.parse(bigintJson(n.toString())))).toBe(n.toString());
    }),
  );
});

it('timestamptz means the same instant', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31Z'), noInvalidDate: true }), (date) => {
      const text = `${date.toISOString().slice(0, -1).replace('T', ' ')}+00`;
      expect(JSON.parse(timestamptzJson(text))).toBe(date.toISOString());
    }),
  );
});

/** An array's text as PostgreSQL's array_out writes it. */
function arrayText(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `{${value.map(arrayText).join(',')}}`;
  return `"${(value as string).replace(/["\\]/g, '\\$&')}"`;
}

describe('arrays', () => {
  it('of any depth and any texts come back', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.array(fc.oneof({ depthSize: 'small' }, fc.option(fc.string()), tie('tree')), { maxLength: 5 }),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.parse(arrayEncoder(textJson)(arrayText(value)))).toEqual(value);
      }),
    );
  });

  it.each(['{', '{1', '{"1', '{1,', '{"1"2}', '{"\\'])('that are cut short are an error: %j', (text) => {
    expect(() => arrayEncoder(textJson)(text)).toThrow(SyntaxError);
  });
});

describe('types that the catalog describes', () => {
  it('are asked for once, and only when there are any', async () => {
    const asked: string[][] = [];
    const ask = async (_text: string, values: string[]) => {
      asked.push(values);
      return [['70000', 'mood', null, null, null]];
    };
    expect((await resolveTypes([23, 25], ask)).map(({ name }) => name)).toEqual(['INT4', 'TEXT']);
    expect(asked).toEqual([]);
    const types = await resolveTypes([70_000, 23, 70_000, 80_000], ask);
    expect(types.map(({ name }) => name)).toEqual(['mood', 'INT4', 'mood', 'UNKNOWN']);
    expect(asked).toEqual([['{70000,80000}']]);
  });

  it('end also where a server describes a circle', async () => {
    const circle = async () => [
      ['70000', 'a', '70001', null, null],
      ['70001', 'b', null, '70000', ','],
    ];
    const [type] = await resolveTypes([70_000], circle);
    expect(type?.name).toContain('UNKNOWN');
  });
});
