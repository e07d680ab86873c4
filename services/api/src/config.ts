import Joi from 'joi';
import {
  appSection,
  cacheSection,
  composeConfig,
  databaseSection,
  httpSection,
  limitsSection,
  operatorsSection,
  privateEndpointSection,
  redisSection,
  schedulesSection,
  sealingSection,
  section,
  type Section,
  shutdownSection,
  tokensSection,
} from '@loupe/common/config';

export interface AdminConfig {
  /** Undefined: no first admin is made. */
  firstAdmin: { email: string; password: string } | undefined;
}

/** An organization to begin with, for installations that nobody registers at. */
const adminSection: Section<AdminConfig> = section({
  variables: {
    ADMIN_USERNAME: Joi.string()
      .email({ tlds: { allow: false } })
      .lowercase()
      .max(255)
      .description(
        'E-mail address of an admin to make at start, in “Default Organization”; an existing user is never changed.',
      ),
    ADMIN_PASSWORD: Joi.string()
      .min(8)
      .max(128)
      .meta({ secret: true })
      .description('Password of that admin.'),
  },
  check: ({ ADMIN_USERNAME: username, ADMIN_PASSWORD: password }) => ({
    ...((username === undefined) !== (password === undefined) && {
      [username === undefined ? 'ADMIN_USERNAME' : 'ADMIN_PASSWORD']:
        'ADMIN_USERNAME and ADMIN_PASSWORD must be given together',
    }),
  }),
  read: ({ ADMIN_USERNAME: email, ADMIN_PASSWORD: password }: Record<string, string | undefined>) => ({
    firstAdmin: email === undefined || password === undefined ? undefined : { email, password },
  }),
});

export const apiConfig = composeConfig({
  app: appSection,
  database: databaseSection,
  redis: redisSection,
  cache: cacheSection,
  http: httpSection,
  privateEndpoint: privateEndpointSection(9464),
  tokens: tokensSection,
  secrets: sealingSection,
  admin: adminSection,
  operators: operatorsSection,
  limits: limitsSection,
  schedules: schedulesSection,
  shutdown: shutdownSection,
});

export type ApiConfig = ReturnType<(typeof apiConfig)['read']>;
