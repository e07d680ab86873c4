import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// `127.1`, `2130706433` and `0x7f.1` are addresses to some resolvers.
const numericLabel = /^(?:\d+|0x[0-9a-f]*)$/;
const maxHostNameLength = 253;

/**
 * The canonical form of a host that a user gave (lower case, ASCII, no trailing dot), or undefined unless it is an
 * IP address without zone or a DNS name. Socket paths, user info, ports and lists of hosts are none of these.
 */
export function canonicalHost(host: string): string | undefined {
  if (isIP(host)) return host.includes('%') ? undefined : host.toLowerCase();
  // Before the conversion to ASCII, which itself would drop or translate some of them.
  if (/[\s/\\@#?%,:<>[\]^|\0]/.test(host)) return undefined;
  const name = domainToASCII(host).replace(/\.$/, '');
  const labels = name.split('.');
  const isName = name.length <= maxHostNameLength && labels.every((part) => label.test(part));
  return isName && !numericLabel.test(labels.at(-1) ?? '') ? name : undefined;
}
