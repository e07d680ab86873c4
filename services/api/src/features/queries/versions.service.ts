import { conflict, notFound } from '@loupe/common/errors';
import type { Actor, ListRequest, Page, Query, QueryVersion } from '@loupe/common/models';
import type { DatasourceRepository, QueryVersionRepository } from '@loupe/common/repositories';
import type { IfMatch } from '../../http/preconditions';
import type { QueryService } from './queries.service';

interface VersionParts {
  queryVersions: QueryVersionRepository;
  datasources: DatasourceRepository;
  /** Restoring is saving. */
  queryService: Pick<QueryService, 'find' | 'putBack'>;
}

export interface VersionPlace {
  queryId: string;
  version: number;
}

export interface VersionService {
  list(actor: Actor, queryId: string, request: ListRequest): Promise<Page<QueryVersion>>;
  find(actor: Actor, place: VersionPlace): Promise<QueryVersion>;
  compare(
    actor: Actor,
    queryId: string,
    versions: { from: number; to: number },
  ): Promise<{ from: QueryVersion; to: QueryVersion }>;
  /** Saves what the version held as the newest one. A version whose datasource is gone is a conflict. */
  restore(actor: Actor, place: VersionPlace, ifMatch: IfMatch): Promise<Query>;
}

export function createVersionService(parts: VersionParts): VersionService {
  const { queryVersions, datasources, queryService } = parts;
  const find = async (actor: Actor, place: VersionPlace): Promise<QueryVersion> => {
    const version = await queryVersions.find(actor, place);
    if (version === undefined) throw notFound('Version');
    return version;
  };
  return {
    find,
    async list(actor, queryId, request) {
      await queryService.find(actor, queryId);
      return queryVersions.list(actor, queryId, request);
    },
    async compare(actor, queryId, { from, to }) {
      return {
        from: await find(actor, { queryId, version: from }),
        to: await find(actor, { queryId, version: to }),
      };
    },
    async restore(actor, place, ifMatch) {
      const { queryId, version, content } = await find(actor, place);
      if ((await datasources.find(actor, content.datasourceId)) === undefined) {
        throw conflict(`The datasource of version ${version} is deleted`);
      }
      return queryService.putBack(actor, queryId, { change: content, ifMatch });
    },
  };
}
