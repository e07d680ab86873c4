import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Where a process keeps what it counts. Labels come from small fixed sets; never an id, a host or a statement. */
export interface Metrics {
  registry: Registry;
}

export interface Build {
  version: string;
  commit?: string;
}

/** A registry with Node.js's own metrics and `loupe_build_info`. One a process. */
export function createMetrics(service: string, { version, commit = 'unknown' }: Build): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'loupe_build_info',
    help: 'Always 1; the labels say what is running.',
    labelNames: ['service', 'version', 'commit'],
    registers: [registry],
  }).set({ service, version, commit }, 1);
  return { registry };
}

/** Text and `Content-Type` of a `/metrics` answer. */
export async function exposeMetrics({ registry }: Metrics): Promise<{ body: string; contentType: string }> {
  return { body: await registry.metrics(), contentType: registry.contentType };
}
