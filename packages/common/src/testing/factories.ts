import { newId } from '../crypto';
import type { Queryable } from '../db';
import type { OrgScope, Run, RunOrigin } from '../models';
import { createRunRepository } from '../repositories';

/** An organization with one member and one datasource: the least that a run needs. */
export interface Tenant extends OrgScope {
  userId: string;
  datasourceId: string;
}

/** Inserts a tenant. `db` must be allowed to (loupe_app). */
export async function createTenant(db: Queryable, settings: Record<string, unknown> = {}): Promise<Tenant> {
  const tenant = { orgId: newId(), userId: newId(), datasourceId: newId() };
  await db.execute({
    name: 'test.organization',
    text: 'INSERT INTO organizations (id, name) VALUES ($1, $2)',
    values: [tenant.orgId, 'Test organization'],
  });
  await db.execute({
    name: 'test.user',
    text: `INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, 'Test user', 'no password')`,
    values: [tenant.userId, `${tenant.userId}@example.com`],
  });
  await db.execute({
    name: 'test.membership',
    text: `INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, 'admin')`,
    values: [tenant.orgId, tenant.userId],
  });
  await db.execute({
    name: 'test.datasource',
    text: `INSERT INTO datasources (id, org_id, name, ds_type, settings, created_by)
           VALUES ($1, $2, 'Test datasource', 'postgres', $3, $4)`,
    values: [tenant.datasourceId, tenant.orgId, JSON.stringify(settings), tenant.userId],
  });
  return tenant;
}

export interface RunChoices {
  statement?: string;
  boundValues?: (string | null)[];
  maxRows?: number;
  timeoutSeconds?: number;
  origin?: RunOrigin;
  queueDeadlineSeconds?: number;
  maxQueuedPerOrg?: number;
}

/** Inserts a queued ad-hoc run. */
export async function createRun(db: Queryable, tenant: Tenant, choices: RunChoices = {}): Promise<Run> {
  const run = await createRunRepository(db).insert(tenant, {
    kind: 'query',
    datasourceId: tenant.datasourceId,
    queryId: null,
    queryVersion: null,
    createdBy: tenant.userId,
    statement: choices.statement ?? 'SELECT 1',
    boundValues: choices.boundValues ?? [],
    maxRows: choices.maxRows ?? 10_000,
    timeoutSeconds: choices.timeoutSeconds ?? 30,
    origin: choices.origin ?? 'api',
    queueDeadlineSeconds: choices.queueDeadlineSeconds ?? 600,
    maxQueuedPerOrg: choices.maxQueuedPerOrg ?? 1_000_000,
  });
  if (typeof run === 'string') throw new Error(`the run was not inserted: ${run}`);
  return run;
}
