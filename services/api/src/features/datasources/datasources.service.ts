import { announceCancel } from '@loupe/common/commands';
import { newId, type Sealer } from '@loupe/common/crypto';
import { notFound } from '@loupe/common/errors';
import type { CancelPublisher } from '@loupe/common/events';
import type { Actor, Datasource, ListRequest, Page } from '@loupe/common/models';
import type { DatasourceRepository, RunRepository, Transaction } from '@loupe/common/repositories';
import { type IfMatch, requireMatch } from '../../http/preconditions';
import {
  changedConnection,
  type ConnectionInput,
  hasConnection,
  storedConnection,
} from './connection-settings';

interface DatasourceParts {
  datasources: DatasourceRepository;
  transaction: Transaction<{ datasources: DatasourceRepository; runs: RunRepository }>;
  sealer: Sealer;
  cancellations: CancelPublisher;
}

export interface DatasourceService {
  list(actor: Actor, request: ListRequest): Promise<Page<Datasource>>;
  find(actor: Actor, id: string): Promise<Datasource>;
  /** Stores it; nothing is connected to. */
  create(actor: Actor, input: ConnectionInput & { name: string; type: string }): Promise<Datasource>;
  /** Absent fields stay; without any, nothing changes. */
  update(
    actor: Actor,
    id: string,
    input: ConnectionInput & { name?: string; ifMatch: IfMatch },
  ): Promise<Datasource>;
  /** Takes its queries along, destroys its secret, and asks its live runs to end. */
  delete(actor: Actor, id: string): Promise<void>;
}

export function createDatasourceService(parts: DatasourceParts): DatasourceService {
  const { datasources, transaction, sealer, cancellations } = parts;
  const find = async (actor: Actor, id: string): Promise<Datasource> =>
    found(await datasources.find(actor, id));
  return {
    find,
    list: (actor, request) => datasources.list(actor, request),
    async create(actor, { name, type, ...input }) {
      const id = newId();
      const { sealed, ...connection } = await storedConnection(sealer, { ...input, type }, { ...actor, id });
      return transaction(async (repositories) => {
        const created = { id, name, type, ...connection, createdBy: actor.userId };
        const datasource = await repositories.datasources.insert(actor, created);
        await repositories.datasources.replaceSecret(actor, id, sealed);
        return datasource;
      });
    },
    async update(actor, id, { name, ifMatch, ...input }) {
      const { type } = await find(actor, id);
      // Sealing needs the id alone, so no lock waits for it.
      const stored = hasConnection(input)
        ? await storedConnection(sealer, { ...input, type }, { ...actor, id })
        : undefined;
      return transaction(async (repositories) => {
        const before = found(await repositories.datasources.findForUpdate(actor, id));
        requireMatch(ifMatch, before.version);
        const connection = stored && changedConnection(before, input, stored);
        const renamed = name === before.name ? undefined : name;
        if (renamed === undefined && connection === undefined) return before;
        const { settings, secrets } = connection ?? {};
        if (secrets !== undefined) await repositories.datasources.replaceSecret(before, id, secrets.sealed);
        const change = { name: renamed, settings, secretNames: secrets?.secretNames };
        return found(await repositories.datasources.update(actor, id, change));
      });
    },
    async delete(actor, id) {
      const executing = await transaction(async (repositories) => {
        if (!(await repositories.datasources.delete(actor, id))) throw notFound('Datasource');
        return repositories.runs.cancelOfDatasource(actor, { datasourceId: id, userId: actor.userId });
      });
      announceCancel(cancellations, executing);
    },
  };
}

function found(datasource: Datasource | undefined): Datasource {
  if (datasource === undefined) throw notFound('Datasource');
  return datasource;
}
