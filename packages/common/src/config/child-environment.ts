/** What a process needs to find certificates and time zones, and nothing that Loupe was told in confidence. */
const HANDED_ON = [
  'PATH',
  'TZ',
  'LANG',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** The environment of a child process that meets a customer's data: no key, no login, no option of ours. */
export const childEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => HANDED_ON.includes(name)));
