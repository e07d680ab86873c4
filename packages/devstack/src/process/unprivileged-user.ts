import { readFileSync } from 'node:fs';

export interface UnprivilegedUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Who runs the database servers when we are root, because PostgreSQL refuses to run as root and nothing else has to.
 * Undefined when we are not root: then they run as ourselves.
 */
export function unprivilegedUser(): UnprivilegedUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  return entryOf(passwd, 'postgres') ?? entryOf(passwd, 'nobody');
}

/** One account of a passwd file. Ids may be negative there (`nobody` on macOS): they are 32 bits without a sign. */
export function entryOf(passwd: string, name: string): UnprivilegedUser | undefined {
  const line = passwd.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
}
