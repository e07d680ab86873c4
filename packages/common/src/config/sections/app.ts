import Joi from 'joi';
import { section, type Section } from '../definition';

/** The environment's name in its short form: `production` is read as `prod`. */
export type AppEnvironment = 'local' | 'dev' | 'staging' | 'prod';

export interface AppConfig {
  environment: AppEnvironment;
  isProduction: boolean;
  logLevel: 'error' | 'warn' | 'info' | 'debug';
  logFormat: 'json' | 'text';
}

/** Where this runs and how it logs. Every service has it. */
export const appSection: Section<AppConfig> = section({
  variables: {
    APP_ENV: Joi.string<AppEnvironment | 'production'>()
      .valid('local', 'dev', 'staging', 'prod', 'production')
      .default('local')
      .description(
        'Kind of environment. Names the extra file `.env.<APP_ENV>`; production has stricter rules.',
      ),
    LOG_LEVEL: Joi.string<AppConfig['logLevel']>()
      .valid('error', 'warn', 'info', 'debug')
      .default('info')
      .description('Least important kind of line that is logged.'),
    LOG_FORMAT: Joi.string<AppConfig['logFormat']>()
      .valid('json', 'text')
      .default('json')
      .description('One JSON object a line, or text for people.'),
  },
  read: (values) => {
    const environment = values.APP_ENV === 'production' ? 'prod' : values.APP_ENV;
    return {
      environment,
      isProduction: environment === 'prod',
      logLevel: values.LOG_LEVEL,
      logFormat: values.LOG_FORMAT,
    };
  },
});
