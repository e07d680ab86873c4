import Joi from 'joi';
import { connectorTypes } from '@loupe/common/connectors';
import type { Datasource } from '@loupe/common/models';
import { openObject, resourceName } from '../../http/field-rules';
import { listQuery } from '../../http/list-parameters';
import { answer, countField, idField, momentField, oneOfField, textField } from '../../http/response-fields';

// REST contract, section 2.3. What `settings` and `connection_string` may hold is the connector's business.

export interface ConnectionBody {
  connection_string?: string;
  settings?: Record<string, unknown>;
}

export interface CreateDatasourceBody extends ConnectionBody {
  name: string;
  ds_type: string;
}

export interface UpdateDatasourceBody extends ConnectionBody {
  name?: string;
}

const connection = { connection_string: Joi.string().empty(null), settings: openObject() };
const oneConnection = { 'object.missing': 'connection_string or settings is required' };
const notBoth = 'connection_string and settings cannot be given together';

export const createDatasourceBody = Joi.object<CreateDatasourceBody>({
  name: resourceName().required(),
  ds_type: Joi.string()
    .empty(null)
    .valid(...connectorTypes)
    .default('postgres'),
  ...connection,
})
  .xor('connection_string', 'settings')
  .messages({ ...oneConnection, 'object.xor': notBoth });

export const createDatasourceExample = {
  name: 'Warehouse',
  connection_string: 'postgres://reader:secret@db.example.org/sales',
};

export const updateDatasourceBody = Joi.object<UpdateDatasourceBody>({ name: resourceName(), ...connection })
  .oxor('connection_string', 'settings')
  .messages({ 'object.oxor': notBoth });

export const listDatasourcesQuery = listQuery({
  sortable: ['name', 'created_at', 'updated_at'],
  searched: true,
});

/** No settings: they name hosts and logins, and every viewer may read this. */
export const presentDatasource = (datasource: Datasource) => ({
  id: datasource.id,
  org_id: datasource.orgId,
  name: datasource.name,
  ds_type: datasource.type,
  version: datasource.version,
  created_by: datasource.createdBy,
  created_at: datasource.createdAt,
  updated_at: datasource.updatedAt,
});

export const datasourceAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    name: textField(),
    ds_type: oneOfField(connectorTypes),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Datasource',
);
