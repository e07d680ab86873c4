import { loadConfig } from '@loupe/common/config';
import { LoupeError } from '@loupe/common/errors';
import { type OperateConfiguration, operateConfig } from '../config';
import { type Finding, ok, problem, warning } from './finding';

/** Undefined where nothing else can be looked at. */
export function checkSettings(): { config: OperateConfiguration | undefined; findings: Finding[] } {
  try {
    const config = loadConfig(operateConfig);
    return {
      config,
      findings: [ok('settings', 'database, Redis and limits are well-formed'), ...doubts(config)],
    };
  } catch (error) {
    if (!(error instanceof LoupeError)) throw error;
    const mend =
      'docs/configuration.md lists every variable; give this command the environment of the services';
    const texts = Object.values(error.fields ?? { all: error.message });
    return { config: undefined, findings: texts.map((text) => problem('settings', text, mend)) };
  }
}

function doubts({ limits: { running } }: OperateConfiguration): Finding[] {
  return running.perOrg > running.global
    ? [
        warning(
          'settings',
          'one organization may run more at once than all together',
          'raise MAX_CONCURRENT_QUERIES_GLOBAL, or lower MAX_CONCURRENT_QUERIES_PER_ORG',
        ),
      ]
    : [];
}
