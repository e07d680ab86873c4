import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Joi from 'joi';
import { gatherValues } from './sources';

const variables = { PLAIN: Joi.string(), KEY: Joi.string().meta({ secret: true }) };

describe('gatherValues', () => {
  let home: string;
  let places: { workingDirectory: string; secretsDirectory: string };

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'loupe-config-'));
    places = { workingDirectory: join(home, 'work'), secretsDirectory: join(home, 'secrets') };
    mkdirSync(places.workingDirectory);
    mkdirSync(places.secretsDirectory);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const write = (name: string, text: string): string => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };

  it('takes a mounted secret over a named file over the plain variable', () => {
    const env = { KEY: 'plain', KEY_FILE: write('named', ' named \n') };
    expect(gatherValues(variables, { KEY: 'plain' }, places).values).toEqual({ KEY: 'plain' });
    expect(gatherValues(variables, env, places).values).toEqual({ KEY: 'named' });
    write('secrets/key', 'mounted\n');
    expect(gatherValues(variables, env, places).values).toEqual({ KEY: 'mounted' });
  });

  it('reads only secrets from files', () => {
    const env = { PLAIN_FILE: write('named', 'from a file') };
    expect(gatherValues(variables, env, places)).toEqual({ values: {}, problems: {} });
  });

  it('takes the environment over the extra file of its kind', () => {
    write('work/.env.staging', 'PLAIN="from the file"\nKEY=from the file\nAPP_ENV=prod\n');
    expect(gatherValues(variables, { APP_ENV: 'staging', KEY: 'set' }, places).values).toEqual({
      PLAIN: 'from the file',
      KEY: 'set',
    });
    expect(gatherValues(variables, { APP_ENV: 'local' }, places).values).toEqual({});
    expect(gatherValues(variables, { APP_ENV: '../staging' }, places).values).toEqual({});
  });

  it('says that the extra file cannot be used', () => {
    mkdirSync(join(places.workingDirectory, '.env.dev'));
    expect(gatherValues(variables, { APP_ENV: 'dev' }, places).problems).toEqual({
      '.env': 'The file .env.<APP_ENV> is not a regular file',
    });
  });

  it.each([
    ['is missing', () => join(home, 'nothing')],
    ['is a directory', () => places.secretsDirectory],
    [
      'is larger than 1 MiB',
      () => {
        const path = write('large', '');
        truncateSync(path, 1024 * 1024 + 1);
        return path;
      },
    ],
  ])('says that a named file %s, without its path', (_, path) => {
    const { problems } = gatherValues(variables, { KEY: 'plain', KEY_FILE: path() }, places);
    expect(Object.keys(problems)).toEqual(['KEY']);
    expect(problems['KEY']).not.toContain(home);
  });
});
