import type { ApiClient } from '../rest/api-client';

export interface Named {
  id: string;
  name: string;
}

/** What has this name, made with `body` if nothing has: a start that was cut off halfway makes nothing twice. */
export async function ensure<Resource extends Named>(
  api: ApiClient,
  path: string,
  body: { name: string; [field: string]: unknown },
): Promise<Resource> {
  return (await findByName<Resource>(api, path, body.name)) ?? (await api.post<Resource>(path, body));
}

/** Undefined when nothing has this name. */
export async function findByName<Resource extends Named>(
  api: ApiClient,
  path: string,
  name: string,
): Promise<Resource | undefined> {
  const { data } = await api.get<{ data: Resource[] }>(
    `${path}?limit=100&search=${encodeURIComponent(name)}`,
  );
  return data.find((item) => item.name === name);
}
