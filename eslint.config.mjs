import { defineConfig } from 'eslint/config';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';
import * as house from './scripts/lint/house-rules.mjs';
import { fileDescriptors, importPolicies } from './scripts/lint/import-rules.mjs';

const sources = ['{packages,services}/*/src/**/*.ts', 'tests/**/*.ts'];
const tests = ['**/*.test.ts', 'tests/**/*.ts'];
const tools = ['**/*.mjs'];

const imports = {
  plugins: { boundaries },
  settings: {
    'boundaries/files': fileDescriptors,
    'boundaries/files-single-match': true,
    'boundaries/dependency-nodes': ['import', 'export', 'dynamic-import', 'require'],
    'boundaries/legacy-templates': false,
    'import/resolver': { typescript: { project: './tsconfig.test.json' } },
  },
  rules: {
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        checkAllOrigins: true,
        checkUnknownLocals: true,
        checkInternals: true,
        policies: importPolicies,
      },
    ],
  },
};

export default defineConfig(
  { ignores: ['**/dist/', '**/coverage/', '**/generated/', '.loupe/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: sources,
    extends: [tseslint.configs.strictTypeChecked, imports],
    // One program over all sources: fast, and the lint never sees a build that is older than they are.
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: { ...house.houseRules, ...house.sizeRules, ...house.syntaxRules },
  },
  { files: house.migrationFiles, rules: house.migrationRules },
  { files: house.environmentHomes, rules: house.environmentHomeRules },
  { files: house.errorHandlerFiles, rules: house.errorHandlerRules },
  { files: tests, rules: { ...house.testSizeRules, ...house.testTypeRules, ...house.testSyntaxRules } },
  { files: house.testSupportFiles, rules: house.testTypeRules },
  { files: house.jestHookFiles, rules: house.jestHookRules },
  {
    // Tools talk to a terminal, and their configuration files are default exports.
    files: tools,
    extends: [tseslint.configs.strict],
    rules: house.sizeRules,
  },
  { files: house.vaguelyNamedFiles, rules: house.vagueNameRules },
);
