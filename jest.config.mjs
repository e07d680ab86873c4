// The suffix of a test file tells what it needs, and so which project runs it:
//   .test.ts        pure: no server, no socket
//   .db.test.ts     real PostgreSQL and Redis
//   .api.test.ts    through HTTP, on real PostgreSQL and Redis
//   .fault.test.ts  kills things; spawns whole processes, so `npm test` runs these one after the other
const NEEDS_SERVERS = ['db', 'api', 'fault'];

const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  jsc: { target: 'es2024', parser: { syntax: 'typescript' }, keepClassNames: true },
  module: { type: 'commonjs', ignoreDynamic: true },
};

const common = {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/tests'],
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  // Tests see the sources, never a build that may be older than they are.
  moduleNameMapper: {
    '^@loupe/common/(.*)$': '<rootDir>/packages/common/src/$1/index.ts',
    '^@loupe/client$': '<rootDir>/packages/client/src/index.ts',
    '^@loupe/devstack$': '<rootDir>/packages/devstack/src/index.ts',
  },
  setupFilesAfterEnv: ['<rootDir>/tests/time-limits.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  restoreMocks: true,
  errorOnDeprecated: true,
};

const pure = {
  ...common,
  displayName: 'unit',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...NEEDS_SERVERS.map((kind) => `\\.${kind}\\.test\\.ts$`)],
};

const withServers = (kind) => ({
  ...common,
  displayName: kind,
  testMatch: [`**/*.${kind}.test.ts`],
  globalSetup: '<rootDir>/tests/start-servers.ts',
  globalTeardown: '<rootDir>/tests/stop-servers.ts',
});

export default {
  projects: [pure, ...NEEDS_SERVERS.map(withServers)],
  maxWorkers: 2,
  coverageProvider: 'v8',
  coverageDirectory: 'coverage',
  coverageReporters: ['text-summary', 'lcov', 'json-summary'],
  collectCoverageFrom: [
    '{packages,services}/*/src/**/*.ts',
    '!**/*.test.ts',
    // Processes' entry files run in processes of their own, where this coverage cannot look.
    '!**/src/main.ts',
    '!**/src/start.ts',
    '!packages/common/src/testing/**',
    // Types alone: nothing of it is left at run time.
    '!packages/client/src/generated/**',
  ],
  coverageThreshold: {
    global: { lines: 70 },
    'packages/common/src/models/': { lines: 80 },
    'packages/common/src/commands/': { lines: 80 },
    'services/api/src/features/': { lines: 80 },
  },
};
