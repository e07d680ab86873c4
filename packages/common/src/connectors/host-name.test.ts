import { canonicalHost } from './host-name';

describe('a host', () => {
  it.each([
    ['db', 'db'],
    ['LocalHost', 'localhost'],
    ['db.example.com.', 'db.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['a1-b.c2', 'a1-b.c2'],
  ])('%s is %s', (host, canonical) => {
    expect(canonicalHost(host)).toBe(canonical);
  });

  it.each([
    ...['', '.', '.db', 'db..com', '-db', 'db-', 'a_b', ' db', 'db ', 'd b', 'db\n', 'd\0b'],
    ...[
      '/var/run/postgresql',
      '\\\\host',
      'user@host',
      'host#x',
      'host?x',
      'a,b',
      'host:5432',
      '%2Fvar',
      '[::1]',
    ],
    ...['127.1', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0x1', '017700000001', '1.2.3.4.5', '999.1.1.1'],
    ...['fe80::1%eth0', 'a'.repeat(64), `${'a.'.repeat(127)}ab`, '１２７.1', 'a。b。1'],
  ])('%j is refused', (host) => {
    expect(canonicalHost(host)).toBeUndefined();
  });
});
