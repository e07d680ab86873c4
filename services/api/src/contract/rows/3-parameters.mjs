const source = 'packages/common/src/connectors/postgres/parameters.db.test.ts';

export const sections = [
  {
    id: '3.1',
    title: 'Parameters: syntax',
    rows: {
      name: 'suite',
      'case-sensitive': 'suite',
      '$_x is none': 'suite',
      'longest match': 'suite',
      'one value for every occurrence': 'suite',
      'a definition that the SQL does not use': 'suite',
      'values are bound': 'suite',
      'as PostgreSQL itself reads it': { file: source, test: 'finds the placeholders that PostgreSQL finds' },
    },
  },
  {
    id: '3.2',
    title: 'Where $ is no parameter',
    rows: {
      string: 'suite',
      'quoted identifier': 'suite',
      'comment to the end of the line': 'suite',
      'comment, nested': 'suite',
      'dollar-quoted string': 'suite',
      'dollar-quoted string with a tag': 'suite',
      'identifier with a dollar sign': 'suite',
      $1: 'suite',
      $name: 'suite',
      'checked although nothing is defined': 'suite',
      'a longer name is not damaged': {
        file: 'packages/common/src/sql/lexer.test.ts',
        test: 'never takes a longer name for a shorter one',
      },
    },
  },
  {
    id: '3.3',
    title: 'Definitions',
    rows: { name: 'suite', param_type: 'suite', required: 'suite', default: 'suite' },
  },
  {
    id: '3.4',
    title: 'Value, default, missing',
    rows: {
      'no definition': 'suite',
      'a supplied value': 'suite',
      'else the default': 'suite',
      'required without either': 'suite',
      'optional without either': 'suite',
      'an empty text counts as not supplied': 'suite',
      'supplied names without a definition are ignored': 'suite',
    },
  },
  {
    id: '3.5',
    title: 'Coercion',
    rows: {
      string: 'suite',
      number: 'suite',
      boolean: 'suite',
      date: 'suite',
      datetime: 'suite',
      'integers stay exact up to 64 bits': 'suite',
      'error texts name parameter and type, and echo no long value': 'suite',
      'a string against text, varchar, uuid, enum': {
        file: source,
        test: 'a value takes the type of what it is compared with',
      },
      'a number against any numeric column': {
        file: source,
        test: '%s holds for %s whatever the integer type',
      },
      'a number in LIMIT': { file: source, test: 'limit' },
      'NULL against any column': { file: source, test: 'NULL goes with every column, and matches none' },
    },
  },
  {
    id: '3.6',
    title: 'What the frontend sends',
    rows: {
      'dashboard tiles, visualization previews': 'suite',
      'query editor, queries list': 'suite',
      canvas: 'suite',
      schedule: 'suite',
    },
  },
];
