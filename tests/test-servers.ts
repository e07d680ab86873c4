interface TestServers {
  directory: string;
  stop: () => Promise<void>;
}

// Jest loads its global set-up and its global teardown apart, so a module's own variable does not reach across.
const holder = globalThis as typeof globalThis & { loupeTestServers?: TestServers };

export function rememberServers(servers: TestServers): void {
  holder.loupeTestServers = servers;
}

export function rememberedServers(): TestServers | undefined {
  return holder.loupeTestServers;
}
