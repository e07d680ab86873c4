import Joi from 'joi';
import { section, type Section } from '../definition';
import { refuse } from '../values';

export interface OperatorToken {
  /** Whose token it is; stands in the record of what was done with it. */
  name: string;
  /** SHA-256 of the token, hexadecimal. */
  sha256: string;
}

export interface OperatorsConfig {
  /** Empty: there is no operators' API. */
  tokens: OperatorToken[];
}

const entry = /^([A-Za-z0-9._-]{1,64}):([0-9a-f]{64})$/i;

/** SHA-256 of nothing: what a script makes of a variable that it forgot to set. */
const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function tokenList(): Joi.AnySchema<OperatorToken[] | undefined> {
  return Joi.any<OperatorToken[] | undefined>().custom((text: unknown, helpers) => {
    if (typeof text !== 'string') return text;
    const parts = text.split(',').map((part) => entry.exec(part.trim()));
    if (parts.includes(null))
      return refuse(helpers, 'must be a list of name:SHA-256 of the token in hexadecimal');
    const tokens = parts.flatMap((part) => {
      const [, name, sha256] = part ?? [];
      return name === undefined || sha256 === undefined ? [] : [{ name, sha256: sha256.toLowerCase() }];
    });
    if (tokens.some(({ sha256 }) => sha256 === hashOfNothing)) {
      return refuse(helpers, 'holds the hash of an empty token');
    }
    // A person who changes a token has two of them for a while; a token that two people share says nothing.
    return new Set(tokens.map(({ sha256 }) => sha256)).size === tokens.length
      ? tokens
      : refuse(helpers, 'gives two people the same token');
  });
}

/** Who may use the operators' API. */
export const operatorsSection: Section<OperatorsConfig> = section({
  variables: {
    OPERATOR_TOKENS: tokenList()
      .meta({ secret: true, allowed: '`name:sha256` of each token, hexadecimal, with commas between' })
      .description(
        'Who may use `/api/v1/operator`. Unset: it does not exist. docs/operations.md says how to make one.',
      ),
  },
  read: (values) => ({ tokens: values.OPERATOR_TOKENS ?? [] }),
});
