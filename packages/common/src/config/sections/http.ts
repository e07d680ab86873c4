import Joi from 'joi';
import { section, type Section } from '../definition';
import { commaList, flag, isProxyRange, listenHost, port, PRODUCTION, refuse, wholeNumber } from '../values';

export interface HttpConfig {
  host: string;
  port: number;
  /** Undefined: any origin. */
  corsAllowedOrigins: string[] | undefined;
  cspMode: 'strict' | 'development';
  enableHsts: boolean;
  /** For Express's `trust proxy`: false, hops, or ranges. Never `true`, which believes whatever a client writes. */
  trustProxy: number | string[] | false;
  /** Items a list page without an explicit limit holds. */
  defaultPageSize: number;
  /** Requests whose answers may be held back at once (`Prefer: wait`), in this process. */
  mostWaiting: { inAll: number; perOrganization: number };
  /** Whether the OpenAPI document and its page are served. */
  showsDocs: boolean;
}

export interface PrivateEndpointConfig {
  host: string;
  port: number;
}

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;

const trustProxy = (): Joi.AnySchema<HttpConfig['trustProxy']> =>
  Joi.any<HttpConfig['trustProxy']>()
    .custom((value: unknown, helpers) => {
      if (typeof value !== 'string') return value;
      if (/^\d+$/.test(value)) {
        const hops = Number(value);
        return hops <= 10 ? hops || false : refuse(helpers, 'must be at most 10 hops');
      }
      const ranges = value.split(',').map((range) => range.trim());
      return ranges.every(isProxyRange)
        ? ranges
        : refuse(
            helpers,
            'must be a number of hops, or addresses and CIDR ranges that do not hold every address',
          );
    })
    .default(false)
    .meta({
      default: 'none',
      allowed: 'number of hops up to 10, or comma-separated addresses and CIDR ranges',
    })
    .description('Proxies in front of the API whose X-Forwarded-For is believed.');

/** The public HTTP side of the API. */
export const httpSection: Section<HttpConfig> = section({
  variables: {
    API_HOST: listenHost().default('127.0.0.1').description('Address the API listens on.'),
    API_PORT: port().default(8080).description('Port the API listens on; 0 takes any free one.'),
    CORS_ALLOWED_ORIGINS: commaList<string>((item) =>
      isOrigin(item) ? undefined : 'must be origins such as https://loupe.example.org, separated by commas',
    )
      .meta({ default: 'unset: any origin, with a warning', allowed: 'comma-separated origins' })
      .description('Origins whose pages may call the API.'),
    CSP_MODE: Joi.string<HttpConfig['cspMode']>()
      .valid('strict', 'development')
      .default('strict')
      .description('`development` allows inline script and style, and eval.'),
    ENABLE_HSTS: flag()
      .default(false)
      .description('Send Strict-Transport-Security; only where TLS is certain.'),
    TRUST_PROXY: trustProxy(),
    DEFAULT_PAGE_SIZE: wholeNumber(1, 100)
      .default(20)
      .description('Items in a list page that names no limit.'),
    MAX_WAITING_REQUESTS: wholeNumber(0, 100_000)
      .default(1_000)
      .description(
        'Requests of one API process that may wait for the end of a run (`Prefer: wait`); those beyond it are answered at once.',
      ),
    MAX_WAITING_REQUESTS_PER_ORG: wholeNumber(0, 100_000)
      .default(200)
      .description('The same for one organization.'),
    API_DOCS: flag()
      .when('APP_ENV', {
        is: PRODUCTION,
        then: Joi.boolean().default(false),
        otherwise: Joi.boolean().default(true),
      })
      .meta({ default: 'false in production, else true' })
      .description('Serve the OpenAPI document and the page that shows it, `/api/v1/docs`.'),
  },
  read: (values) => ({
    host: values.API_HOST,
    port: values.API_PORT,
    corsAllowedOrigins: values.CORS_ALLOWED_ORIGINS,
    cspMode: values.CSP_MODE,
    enableHsts: values.ENABLE_HSTS,
    trustProxy: values.TRUST_PROXY,
    defaultPageSize: values.DEFAULT_PAGE_SIZE,
    mostWaiting: { inAll: values.MAX_WAITING_REQUESTS, perOrganization: values.MAX_WAITING_REQUESTS_PER_ORG },
    showsDocs: values.API_DOCS,
  }),
});

/** Where a service answers probes and Prometheus; `defaultPort` differs a service, so all fit on one machine. */
export const privateEndpointSection = (defaultPort: number): Section<PrivateEndpointConfig> =>
  section({
    variables: {
      METRICS_HOST: listenHost()
        .default('127.0.0.1')
        .description(
          'Address of the private endpoint with `/metrics` and `/health/…`. Keep it off the internet.',
        ),
      METRICS_PORT: port()
        .default(defaultPort)
        .description('Port of the private endpoint; 0 takes any free one.'),
    },
    read: (values) => ({ host: values.METRICS_HOST, port: values.METRICS_PORT }),
  });
