import { notFound } from '@loupe/common/errors';
import type { Actor, Datasource } from '@loupe/common/models';
import type { DatasourceRepository } from '@loupe/common/repositories';
import { refuseProblems } from '../../http/field-rules';
import type { StatementRule } from '../../http/statement-rule';

/** Datasources whose type is remembered; the one that was asked for first goes first. */
const mostRemembered = 10_000;

/** Throws unless a statement may be run in a datasource; `not_found` where there is no such datasource. */
export type RequireAccepted = (actor: Actor, asked: { datasourceId: string; sql: string }) => Promise<void>;

/**
 * Which rules hold depends on the datasource's type, which never changes: it is looked up once. Whether the datasource is still
 * there is for the statement to say that makes the run; only a refusal asks for it again, because what is gone is told first.
 */
export function createRequireAccepted({
  datasources,
  statementRule,
}: {
  datasources: Pick<DatasourceRepository, 'find'>;
  statementRule: StatementRule;
}): RequireAccepted {
  const types = new Map<string, string>();

  async function find(actor: Actor, id: string): Promise<Datasource> {
    const datasource = await datasources.find(actor, id);
    if (datasource === undefined) throw notFound('Datasource');
    return datasource;
  }

  async function typeOf(actor: Actor, id: string): Promise<string> {
    const key = `${actor.orgId} ${id}`;
    const known = types.get(key);
    if (known !== undefined) return known;
    const { type } = await find(actor, id);
    types.set(key, type);
    const [oldest] = types.keys();
    if (types.size > mostRemembered && oldest !== undefined) types.delete(oldest);
    return type;
  }

  return async (actor, { datasourceId, sql }) => {
    const type = await typeOf(actor, datasourceId);
    const problems = await statementRule({ type, orgId: actor.orgId }, sql);
    if (problems.sql !== undefined) await find(actor, datasourceId);
    refuseProblems(problems);
  };
}
