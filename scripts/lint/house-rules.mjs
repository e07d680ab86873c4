// Rules of the house that no preset knows. Each message says why.

const MAX_LINES = 300;
const MAX_TEST_LINES = 500;
const MAX_FUNCTION_LINES = 50;
const MAX_PARAMETERS = 3;

export const houseRules = {
  eqeqeq: ['error', 'always'],
  'no-console': 'error',
  'no-eval': 'error',
  'no-new-func': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  // Numbers read the same in every text; what else is put into a template is shown on purpose.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  // An implementation that needs no await is still asynchronous when its interface is.
  '@typescript-eslint/require-await': 'off',
  // An arrow function that is called for its effect says so: `() => void set.delete(item)`.
  '@typescript-eslint/no-meaningless-void-operator': 'off',
  // It takes what was true before an await for true after it, as with `signal.aborted`.
  '@typescript-eslint/no-unnecessary-condition': 'off',
  // Types are compared by their shape here, as TypeScript does it: Express's request is a Node.js request.
  '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
  // There are no enums here, and to look for them takes a fifth of the lint's time.
  '@typescript-eslint/no-unsafe-enum-assignment': 'off',
  // To spell a default out is no mistake, and a string is spread into its characters on purpose.
  '@typescript-eslint/no-unnecessary-type-arguments': 'off',
  '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
  // Without it an error thrown by the awaited call escapes the try block that was written for it.
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
};

export const sizeRules = {
  'max-lines': ['error', { max: MAX_LINES }],
  'max-lines-per-function': ['error', { max: MAX_FUNCTION_LINES }],
  'max-params': ['error', { max: MAX_PARAMETERS }],
};

/** A test's callback is as long as the story it tells. */
export const testSizeRules = {
  'max-lines': ['error', { max: MAX_TEST_LINES }],
  'max-lines-per-function': 'off',
};

/** Express tells an error handler from others by its four parameters. */
export const errorHandlerFiles = ['services/api/src/http/*error*.ts'];
export const errorHandlerRules = { 'max-params': ['error', { max: MAX_PARAMETERS + 1 }] };

/** Not tests themselves, but what they share. */
export const testSupportFiles = ['services/*/src/testing/**'];

/** What a supertest answer holds is unknown until the test has looked at it. */
export const testTypeRules = Object.fromEntries(
  [
    'no-unsafe-argument',
    'no-unsafe-assignment',
    'no-unsafe-call',
    'no-unsafe-member-access',
    'no-unsafe-return',
    'no-non-null-assertion',
    'unbound-method',
  ].map((rule) => [`@typescript-eslint/${rule}`, 'off']),
);

const CONSTANT = 'Identifier[name=/^[A-Z][A-Z0-9_]*$/]';
const RAW_CALL = 'CallExpression[callee.property.name=/^raw$|Raw$/][callee.object.name!="express"]';
const RAW_REASON =
  'raw SQL takes values through bindings only (`?`, `??`): text that is put together lets input become SQL. ' +
  'Constants in UPPER_CASE may be interpolated.';

const everywhere = [
  {
    selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
    message: 'Named exports only: a thing has the same name wherever it is used.',
  },
  {
    selector: `${RAW_CALL} > TemplateLiteral.arguments > .expressions:not(${CONSTANT})`,
    message: RAW_REASON,
  },
];

const textFromElsewhere = {
  selector: `${RAW_CALL} > .arguments:first-child:not(Literal, TemplateLiteral, ${CONSTANT})`,
  message: RAW_REASON,
};

const environment = {
  selector:
    'MemberExpression[object.name="process"][property.name="env"], VariableDeclarator[init.name="process"], ' +
    'ImportDeclaration[source.value=/^(node:)?process$/]',
  message: 'process.env is read in config only: there it is checked before anything opens, and documented.',
};

const testing = [
  {
    selector:
      'CallExpression[callee.property.name=/^(skip|only|todo)$/][callee.object.name=/^(it|test|describe)$/], ' +
      'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    message: 'No test is skipped: one that cannot run here must fail and say what is missing.',
  },
  {
    selector:
      'CallExpression[callee.object.name="jest"][callee.property.name=/[mM]ock$/] > Literal[value=/^(\\.|@loupe)/]',
    message: 'No mocks of our own modules: tests run the real thing, on real servers.',
  },
  {
    selector:
      'ImportDeclaration[source.value=/timers.promises$/], ' +
      'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"][arguments.0.type="Identifier"]',
    message:
      'No sleeps in tests: wait for the condition or the signal itself, or the test is slow and flaky.',
  },
];

const restrict = (entries) => ({ 'no-restricted-syntax': ['error', ...entries] });

export const syntaxRules = restrict([...everywhere, textFromElsewhere, environment]);

/** Migrations are files, run as they are. */
export const migrationFiles = ['packages/common/src/db/**'];
export const migrationRules = restrict([...everywhere, environment]);

export const environmentHomes = [
  'packages/common/src/config/**',
  'packages/common/src/testing/**',
  'services/*/src/testing/**',
  'packages/devstack/src/**',
  'packages/cli/src/main.ts',
  'services/*/src/config.ts',
  'services/*/src/main.ts',
];
export const environmentHomeRules = restrict([...everywhere, textFromElsewhere]);

export const testSyntaxRules = restrict([...everywhere, ...testing]);

/** Jest asks for a default export here. */
export const jestHookFiles = ['tests/start-servers.ts', 'tests/stop-servers.ts'];
export const jestHookRules = restrict(everywhere.slice(1));

const VAGUE = '{util,utils,helper,helpers,misc,shared,base}';
export const vaguelyNamedFiles = [`**/${VAGUE}.{ts,mjs}`, `{packages,services}/*/src/**/${VAGUE}/**`];
export const vagueNameRules = restrict([
  {
    selector: 'Program',
    message: 'A file is named after the noun it is about; this name says nothing of what is in it.',
  },
]);
