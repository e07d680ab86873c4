import type { Endpoints } from '../bring-up/endpoints';
import type { LoupeHome } from '../home/loupe-home';
import { relative } from 'node:path';
import type { SignedIn } from './sign-in';

/** Where everything is and what to do with it: the last thing a start prints. */
export function closingWords(what: {
  endpoints: Endpoints;
  home: LoupeHome;
  /** Undefined when signing in was not possible. */
  signedIn: SignedIn | undefined;
  datasourceId: string | undefined;
}): string {
  const { endpoints, home, signedIn, datasourceId } = what;
  const credentials = shortPath(home.credentials);
  const lines = [
    `API       ${endpoints.api}`,
    `Metrics   api ${endpoints.metrics.api}`,
    `          runner ${endpoints.metrics.runner}`,
    `          scheduler ${endpoints.metrics.scheduler}`,
    `Login     ${loginLine(signedIn, credentials)}`,
    `Logs      ${shortPath(home.logs)}/`,
  ];
  if (datasourceId !== undefined) lines.push('', ...commandLines(endpoints.api, credentials, datasourceId));
  return [...lines, '', 'Stop with Ctrl-C; nothing is lost, and npm start goes on where it was.'].join('\n');
}

function loginLine(signedIn: SignedIn | undefined, credentials: string): string {
  if (signedIn === undefined) return `see ${credentials}`;
  const { email, password } = signedIn.credentials;
  return signedIn.isNew
    ? `${email}, password ${password} (kept in ${credentials})`
    : `${email}, password in ${credentials}`;
}

function commandLines(api: string, credentials: string, datasourceId: string): string[] {
  const json = "-H 'Content-Type: application/json'";
  return [
    'Query from the command line:',
    `  API=${api}`,
    `  TOKEN=$(curl -s $API/auth/login ${json} -d @${credentials} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
    `  RUN=$(curl -s $API/runs/execute -H "Authorization: Bearer $TOKEN" ${json} \\`,
    `    -d '{"datasource_id":"${datasourceId}","sql":"SELECT count(*) FROM flights"}' \\`,
    `    | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`,
    '  sleep 1; curl -s $API/runs/$RUN/result -H "Authorization: Bearer $TOKEN"',
  ];
}

/** As one would type it here. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
