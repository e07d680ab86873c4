import { layers, testFiles } from './layers.mjs';
import { libraries, pureLayers } from './libraries.mjs';

// eslint-plugin-boundaries takes the last policy that matches, so each row first forbids, with its reason, and
// then allows.

const IMPORT = '“{{dependency.source}}”';

/** The layers as eslint-plugin-boundaries wants to know them; tests come first, they belong to no layer. */
export const fileDescriptors = [
  { category: 'test', pattern: testFiles },
  ...layers.map(({ name, files, capture }) => ({
    category: name,
    pattern: files,
    ...(capture && { capture }),
  })),
];

const inLayer = (name, captured) => ({ file: { categories: name, ...(captured && { captured }) } });

function layerPolicies({ name, may, why, capture }) {
  const reach = may.length === 0 ? 'nothing of ours' : may.join(', ');
  const itself = inLayer(name, capture && { feature: '{{from.file.captured.feature}}' });
  return [
    {
      from: inLayer(name),
      disallow: { to: { module: { origin: 'local' } } },
      message: `${name} may not import ${IMPORT}: ${why}. It may import: ${reach}.`,
    },
    { from: inLayer(name), allow: { to: [itself, ...may.map((other) => inLayer(other))] } },
  ];
}

function libraryPolicies({ names, homes, why }) {
  const library = { module: { origin: 'external', source: names } };
  return [
    {
      disallow: { to: library },
      message: `${IMPORT} may not be imported here: ${why}. Its home: ${homes.join(', ')}.`,
    },
    { from: { file: { path: homes } }, allow: { to: library } },
  ];
}

const unknownLibraries = [
  {
    disallow: { to: { module: { origin: 'external' } } },
    message: `${IMPORT} has no home yet: each library gets one in scripts/lint/libraries.mjs, with the reason.`,
  },
];

const nodeModules = pureLayers.map((name) => ({
  from: inLayer(name),
  disallow: { to: { module: { origin: 'core' } } },
  message: `${name} may not import ${IMPORT}: it does no I/O, and so needs nothing of Node.`,
}));

const unknownFiles = [
  {
    disallow: { to: { file: { isUnknown: true }, module: { origin: 'local' } } },
    message: `${IMPORT} cannot be found, or lies in no layer: scripts/lint/layers.mjs lists them all.`,
  },
];

/** Tests may reach for anything: what they use is no part of the product. */
const testPolicies = [
  { from: inLayer('test'), allow: { to: { module: { origin: ['local', 'external', 'core'] } } } },
];

export const importPolicies = [
  { allow: { to: { module: { origin: 'core' } } } },
  ...nodeModules,
  ...layers.flatMap(layerPolicies),
  ...unknownFiles,
  ...unknownLibraries,
  ...libraries.flatMap(libraryPolicies),
  ...testPolicies,
];
