import { problemSentence, startProblem, toolProblem } from './start-problem';

const withCode = (code: string): Error => Object.assign(new Error('ugly\n    at somewhere'), { code });

it.each([
  ['ENOSPC', 'The disk is full'],
  ['EROFS', 'set LOUPE_HOME'],
  ['EACCES', 'The folder /h cannot be written by this user'],
])('has a sentence for %s', (code, sentence) => {
  const said = problemSentence(withCode(code), '/h');
  expect(said).toContain(sentence);
  expect(said).not.toContain('\n');
});

it('says one line of anything else, however long a library’s message is', () => {
  const statement = `CREATE TABLE ${'x'.repeat(5000)}\n${'y'.repeat(1000)} - syntax error`;
  const said = problemSentence(new Error(statement), '/h');
  expect(said).toMatch(/^Loupe cannot start: …y+ - syntax error\.$/);
  expect(said.length).toBeLessThan(400);
  expect(problemSentence(startProblem('Do this.'), '/h')).toBe('Do this.');
});

it('hears a full disk out of a tool’s own words', () => {
  expect(
    toolProblem('initdb', 'x\ninitdb: error: could not write: No space left on device').message,
  ).toContain('The disk is full');
  expect(toolProblem('initdb', 'creating\ninitdb: error: why').message).toBe(
    'initdb failed: initdb: error: why',
  );
  expect(toolProblem('initdb', '').message).toBe('initdb failed: it said nothing');
});
