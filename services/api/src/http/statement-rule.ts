import { findConnector } from '@loupe/common/connectors';
import type { Datasource } from '@loupe/common/models';
import type { StatementGate } from '@loupe/common/statement-gate';

/**
 * What is wrong with a statement for this datasource, by the field `sql`; nothing when it is accepted (REST contract, section
 * 2.4.3). It belongs before a transaction: none should wait for a parser.
 */
export type StatementRule = (
  datasource: Pick<Datasource, 'type' | 'orgId'>,
  sql: string,
) => Promise<{ sql?: string }>;

export const createStatementRule =
  (gate: StatementGate): StatementRule =>
  async ({ type, orgId }, sql) => {
    const connector = findConnector(type);
    if (connector === undefined) throw new Error(`no connector for datasources of type ${type}`);
    const problem = await gate.problemOf({ dialect: connector.dialect, sql }, orgId);
    return problem === undefined ? {} : { sql: problem };
  };
