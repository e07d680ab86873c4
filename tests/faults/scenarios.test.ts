import { scenarios, shortSubset } from './scenarios';

it('the ordinary test command plays nothing that this machine may be unable to play', () => {
  const mayBeUnable = scenarios.filter(({ cannotRun }) => cannotRun !== undefined);
  expect(mayBeUnable.map(({ id }) => id)).toContain('S20');
  expect(shortSubset.filter((scenario) => mayBeUnable.includes(scenario))).toEqual([]);
});
