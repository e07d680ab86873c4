import { entryOf } from './unprivileged-user';

const PASSWD = `root:x:0:0:root:/root:/bin/bash
nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
postgres2:x:7:7::/:/bin/sh`;

it('reads an account, also one whose ids are written as negative numbers', () => {
  expect(entryOf(PASSWD, 'postgres')).toEqual({ name: 'postgres', uid: 101, gid: 104 });
  expect(entryOf(PASSWD, 'nobody')).toEqual({ name: 'nobody', uid: 4294967294, gid: 4294967294 });
  expect(entryOf(PASSWD, 'post')).toBeUndefined();
});
