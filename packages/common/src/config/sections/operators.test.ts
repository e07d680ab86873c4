import { composeConfig } from '../definition';
import { loadConfig } from '../load';
import { appSection } from './app';
import { operatorsSection } from './operators';

const config = composeConfig({ app: appSection, operators: operatorsSection });
const load = (tokens?: string) => loadConfig(config, { OPERATOR_TOKENS: tokens }).operators.tokens;
const [first, second] = ['a'.repeat(64), 'B1'.repeat(32)];

it('has no operators unless somebody is named', () => {
  expect(load()).toEqual([]);
  expect(load('')).toEqual([]);
});

it('reads names and hashes', () => {
  expect(load(`anna:${first}, ben.o-2:${second}`)).toEqual([
    { name: 'anna', sha256: first },
    { name: 'ben.o-2', sha256: second.toLowerCase() },
  ]);
});

it('lets a person have two tokens while they change them', () => {
  expect(load(`anna:${first},anna:${second}`)).toHaveLength(2);
});

it.each([
  ['a token instead of its hash', 'anna:the-token-itself'],
  ['no name', `:${first}`],
  ['a hash that is cut off', `anna:${first.slice(1)}`],
  ['an empty entry', `anna:${first},`],
  ['a name with a space', `anna b:${first}`],
  ['the hash of nothing', 'anna:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['one token for two people', `anna:${first},ben:${first.toUpperCase()}`],
])('refuses %s, and does not repeat it', (_what, tokens) => {
  const problem = (() => {
    try {
      load(tokens);
      return '';
    } catch (error) {
      return JSON.stringify((error as { fields: unknown }).fields);
    }
  })();
  expect(problem).toContain('OPERATOR_TOKENS');
  expect(problem).not.toContain(tokens.slice(-8));
});
