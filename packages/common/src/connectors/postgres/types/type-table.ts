import { arrayEncoder } from './arrays';
import * as encode from './encoders';

/** A column's or element's type: the name that clients see, and how its values become JSON. */
export interface ColumnType {
  name: string;
  encode: encode.Encoder;
}

/**
 * Types whose object ids PostgreSQL has fixed for good (pg_type.dat): id, id of the array type, name, encoder.
 * This is the one table of encodings; every type that is not in it is looked up in the source's own catalog and
 * shown in its text form.
 */
const rows: readonly (readonly [oid: number, arrayOid: number, name: string, encode: encode.Encoder])[] = [
  [16, 1000, 'BOOL', encode.booleanJson],
  [17, 1001, 'BYTEA', encode.byteaJson],
  [18, 1002, 'CHAR', encode.textJson],
  [19, 1003, 'NAME', encode.textJson],
  [20, 1016, 'INT8', encode.bigintJson],
  [21, 1005, 'INT2', encode.integerJson],
  [23, 1007, 'INT4', encode.integerJson],
  [25, 1009, 'TEXT', encode.textJson],
  [26, 1028, 'OID', encode.textJson],
  [114, 199, 'JSON', encode.jsonJson],
  [142, 143, 'XML', encode.textJson],
  [600, 1017, 'POINT', encode.textJson],
  [650, 651, 'CIDR', encode.textJson],
  [700, 1021, 'FLOAT4', encode.floatJson],
  [701, 1022, 'FLOAT8', encode.floatJson],
  [790, 791, 'MONEY', encode.textJson],
  [829, 1040, 'MACADDR', encode.textJson],
  [869, 1041, 'INET', encode.textJson],
  [1042, 1014, 'CHAR', encode.textJson],
  [1043, 1015, 'VARCHAR', encode.textJson],
  [1082, 1182, 'DATE', encode.punctuatedJson],
  [1083, 1183, 'TIME', encode.punctuatedJson],
  [1114, 1115, 'TIMESTAMP', encode.timestampJson],
  [1184, 1185, 'TIMESTAMPTZ', encode.timestamptzJson],
  [1186, 1187, 'INTERVAL', encode.textJson],
  [1266, 1270, 'TIMETZ', encode.punctuatedJson],
  [1560, 1561, 'BIT', encode.textJson],
  [1562, 1563, 'VARBIT', encode.textJson],
  [1700, 1231, 'NUMERIC', encode.numericJson],
  [2205, 2210, 'REGCLASS', encode.textJson],
  [2206, 2211, 'REGTYPE', encode.textJson],
  [2950, 2951, 'UUID', encode.punctuatedJson],
  [3220, 3221, 'PG_LSN', encode.textJson],
  [3614, 3643, 'TSVECTOR', encode.textJson],
  [3615, 3645, 'TSQUERY', encode.textJson],
  [3802, 3807, 'JSONB', encode.jsonJson],
  [3904, 3905, 'INT4RANGE', encode.textJson],
  [3906, 3907, 'NUMRANGE', encode.textJson],
  [3908, 3909, 'TSRANGE', encode.textJson],
  [3910, 3911, 'TSTZRANGE', encode.textJson],
  [3912, 3913, 'DATERANGE', encode.textJson],
  [3926, 3927, 'INT8RANGE', encode.textJson],
];

/** The array of a type; `delimiter` stands between elements in the text form (only `box` has another one). */
export const arrayOf = (element: ColumnType, delimiter?: string): ColumnType => ({
  name: `${element.name}[]`,
  encode: arrayEncoder(element.encode, delimiter),
});

/** By object id. */
export const builtinTypes: ReadonlyMap<number, ColumnType> = new Map(
  rows.flatMap(([oid, arrayOid, name, encoder]): [number, ColumnType][] => {
    const type = { name, encode: encoder };
    return [
      [oid, type],
      [arrayOid, arrayOf(type)],
    ];
  }),
);
