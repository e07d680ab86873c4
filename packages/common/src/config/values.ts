import { isIP } from 'node:net';
import Joi from 'joi';
import { PRODUCTION_NAMES } from './definition';

/** `APP_ENV` of a production system, as a condition for `.when('APP_ENV', …)`. */
export const PRODUCTION = Joi.valid(...PRODUCTION_NAMES).required();

/** Joi's way to refuse with a sentence of our own; `text` must not contain the value. */
export const refuse = (helpers: Joi.CustomHelpers, text: string): Joi.ErrorReport =>
  helpers.message({ custom: `{{#label}} ${text}` });

export const wholeNumber = (min: number, max: number): Joi.NumberSchema =>
  Joi.number().integer().min(min).max(max);

/** TCP port to listen on; 0 takes any free one. */
export const port = (): Joi.NumberSchema => wholeNumber(0, 65_535);

/** Address or host name to listen on. */
export const listenHost = (): Joi.StringSchema =>
  Joi.string().hostname().meta({ allowed: 'an IP address or host name' });

export const flag = (): Joi.BooleanSchema => Joi.boolean();

/** Name of a process in logs and tables. */
export const processName = (): Joi.StringSchema<string | undefined> =>
  Joi.string<string | undefined>()
    .pattern(/^[A-Za-z0-9._-]{1,100}$/)
    .meta({ default: 'generated', allowed: '1–100 of `A–Z a–z 0–9 . _ -`' });

/** `a, b,c` → `['a', 'b', 'c']`, each item judged by `problemOf`, which returns what is wrong with it. */
export function commaList<T extends string>(
  problemOf: (item: string) => string | undefined,
): Joi.AnySchema<T[]> {
  return Joi.any<T[]>().custom((text: unknown, helpers) => {
    if (typeof text !== 'string') return text;
    const items = text.split(',').map((item) => item.trim());
    for (const item of items) {
      const problem = problemOf(item);
      if (problem !== undefined) return refuse(helpers, problem);
    }
    return new Set(items).size === items.length ? items : refuse(helpers, 'names something twice');
  });
}

/** True for `10.0.0.0/8`, `fd00::/8` and single addresses; false for a range that holds every address. */
export function isProxyRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}
