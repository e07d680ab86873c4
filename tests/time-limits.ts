// How long one test may take on a busy machine. Jest takes `testTimeout` from its command line or for all projects
// alike, so each test file is given its limit here, by its suffix.

const SECOND = 1_000;

const LIMITS: [suffix: string, milliseconds: number][] = [
  ['.fault.test.ts', 180 * SECOND],
  ['.api.test.ts', 30 * SECOND],
  ['.db.test.ts', 30 * SECOND],
  ['.test.ts', 20 * SECOND],
];

const path = expect.getState().testPath ?? '';
const limit = LIMITS.find(([suffix]) => path.endsWith(suffix));
if (limit !== undefined) jest.setTimeout(limit[1]);
