import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { errorCode, errorText } from '../errors';
import type { Problems, Variables } from './definition';
import { metaOf } from './reference';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where files are looked for. Both are the process's surroundings, so tests name their own. */
export interface ConfigPlaces {
  /** Holds `.env.<APP_ENV>`; default: the working directory. */
  workingDirectory: string;
  /** Holds one file a secret, named like the variable in lower case; default `/run/secrets` (Docker's place). */
  secretsDirectory: string;
}

interface Gathered {
  values: Record<string, string>;
  problems: Problems;
}

/** A secret is a line or a few keys; more is a wrong mount. REST contract 7.1. */
const MAX_SECRET_BYTES = 1024 * 1024;

/** The file's trimmed text, undefined if there is none; throws a sentence that names neither path nor content. */
function readSecretFile(path: string): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('is not a regular file');
    if (stat.size > MAX_SECRET_BYTES) throw new Error('is larger than 1 MiB');
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    throw code === undefined ? error : new Error(`cannot be read (${code})`, { cause: error });
  }
}

/** Docker secret over `<NAME>_FILE` over the plain variable. */
function readSecret(name: string, env: Environment, places: ConfigPlaces): string | undefined {
  const mounted = readSecretFile(join(places.secretsDirectory, name.toLowerCase()));
  if (mounted !== undefined) return mounted;
  const file = env[`${name}_FILE`]?.trim();
  if (!file) return env[name]?.trim();
  const text = readSecretFile(file);
  if (text === undefined) throw new Error('does not exist');
  return text;
}

/** The real environment over `.env.<APP_ENV>`, which need not exist. */
function withEnvFile(env: Environment, directory: string): Environment {
  const appEnv = env['APP_ENV'] ?? 'local';
  // The name becomes part of a path; a wrong APP_ENV is reported by its own schema.
  if (!/^[a-z]+$/.test(appEnv)) return env;
  const text = readSecretFile(join(directory, `.env.${appEnv}`));
  return text === undefined ? env : { ...parseEnv(text), ...env };
}

/** Raw text of each variable that is set. Empty is the same as unset: compose files cannot say "unset". */
export function gatherValues(variables: Variables, env: Environment, places: ConfigPlaces): Gathered {
  const gathered: Gathered = { values: {}, problems: {} };
  let merged = env;
  try {
    merged = withEnvFile(env, places.workingDirectory);
  } catch (error) {
    gathered.problems['.env'] = `The file .env.<APP_ENV> ${errorText(error)}`;
  }
  for (const [name, schema] of Object.entries(variables)) {
    try {
      const text = metaOf(schema).secret ? readSecret(name, merged, places) : merged[name]?.trim();
      if (text) gathered.values[name] = text;
    } catch (error) {
      gathered.problems[name] = `${name}: its secret file ${errorText(error)}`;
    }
  }
  return gathered;
}
