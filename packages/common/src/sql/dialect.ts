/** Which SQL a kind of source speaks: which parser reads its statements, and which rules they follow. */
export type SqlDialect = 'postgres';
