import { createPrivateKey, X509Certificate } from 'node:crypto';
import Joi from 'joi';

const maxLength = 65_536;
const block = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g;

/** The texts of the PEM blocks, or undefined when anything but white space stands around them. */
function blocksOf(text: string): string[] | undefined {
  return text.replace(block, '').trim() === '' ? (text.match(block) ?? undefined) : undefined;
}

function isSound(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** One certificate in PEM or several, one after the other. */
export const certificates = Joi.string()
  .empty(null)
  .max(maxLength)
  .custom((value: string, helpers) => {
    const blocks = blocksOf(value);
    const areSound = blocks?.every((one) => isSound(() => new X509Certificate(one))) ?? false;
    return areSound ? value : helpers.error('pem.certificate');
  });

/** A private key in PEM that needs no passphrase. */
export const privateKey = Joi.string()
  .empty(null)
  .max(maxLength)
  .custom((value: string, helpers) =>
    isSound(() => createPrivateKey(value)) ? value : helpers.error('pem.key'),
  );

export const pemMessages = {
  'pem.certificate': '{{#label}} must be certificates in PEM',
  'pem.key': '{{#label}} must be a private key in PEM, without a passphrase',
};
