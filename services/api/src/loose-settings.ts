import type { Logger } from '@loupe/common/observability';
import type { ApiConfig } from './config';

/** Says what is convenient on one's own machine and nowhere else. */
export function warnOfLooseSettings(logger: Logger, { http, tokens }: ApiConfig): void {
  if (http.corsAllowedOrigins === undefined)
    logger.warn('CORS_ALLOWED_ORIGINS is not set: any page may call this API');
  if (tokens.signingKeysAreTemporary) {
    logger.warn('JWT_SIGNING_KEYS is not set: everybody has to sign in again after a restart');
  }
}
