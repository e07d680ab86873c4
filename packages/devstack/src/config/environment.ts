/** The one place of this package that looks at the environment. */

const PROXIES = [
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'all_proxy',
  'ALL_PROXY',
];

/** For programs that fetch something: without these they reach nothing from behind a proxy. */
export function proxySettings(): Record<string, string> {
  return Object.fromEntries(
    PROXIES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** A copy, so that nothing later depends on who changes the environment when. */
export const readEnvironment = (): Readonly<NodeJS.ProcessEnv> => Object.freeze({ ...process.env });
