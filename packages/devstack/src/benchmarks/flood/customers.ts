import { randomPassword } from '../../home/secrets';
import { createApiClient } from '../../rest/api-client';
import type { Ground } from '../runs/ground';
import { createKeepAliveClient } from '../runs/keep-alive-client';
import { nextNumber } from '../runs/variant';
import { slowNumber } from './slow-source';

/** An organization with one datasource. */
export interface Customer {
  datasourceId: string;
  /** One run of a statement that nobody has sent before; resolves when it is accepted. */
  startRun(): Promise<void>;
  /** Cancels what it has live, and takes a new datasource. */
  startOver(): Promise<void>;
  close(): void;
}

export async function createCustomer({ apiUrl, source }: Ground, name: string): Promise<Customer> {
  const { token } = await createApiClient(apiUrl).post<{ token: string }>('/auth/register', {
    email: `${name}@example.com`,
    password: randomPassword(),
    name,
  });
  const client = createKeepAliveClient(apiUrl, token);
  const addDatasource = async (): Promise<string> => {
    const connection_string = `${source.url}?sslmode=disable`;
    const datasource = { name: `Source ${nextNumber()}`, ds_type: 'postgres', connection_string };
    return (
      JSON.parse(await client.send({ method: 'POST', path: '/datasources', body: datasource })) as {
        id: string;
      }
    ).id;
  };
  let datasourceId = await addDatasource();
  return {
    get datasourceId() {
      return datasourceId;
    },
    async startRun() {
      await client.send({
        method: 'POST',
        path: '/runs/execute',
        body: {
          datasource_id: datasourceId,
          sql: slowNumber(nextNumber()),
        },
      });
    },
    async startOver() {
      await client.send({ method: 'DELETE', path: `/datasources/${datasourceId}` });
      datasourceId = await addDatasource();
    },
    close: () => {
      client.close();
    },
  };
}
