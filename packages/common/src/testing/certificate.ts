import { generate } from 'selfsigned';

/** A certificate that is its own authority, for one host name, and its private key; both in PEM. */
export async function createCertificate(name: string): Promise<{ cert: string; key: string }> {
  const pem = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  return { cert: pem.cert, key: pem.private };
}
