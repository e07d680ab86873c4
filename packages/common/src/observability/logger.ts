import type { Writable } from 'node:stream';
import { createLogger as createWinston, format, transports } from 'winston';
import { logContext, type LogFields } from './log-context';
import { redactFields } from './redaction';
import { scrubText } from './scrub-text';

type LogLine = (message: string, fields?: LogFields) => void;

/** `error` means that someone must act; `warn`, that someone may want to know; `info`, what happened. */
export interface Logger {
  error: LogLine;
  warn: LogLine;
  info: LogLine;
  debug: LogLine;
  /** The same log, with these fields in each line. */
  child: (fields: LogFields) => Logger;
}

export interface LoggerOptions {
  service: string;
  level: 'error' | 'warn' | 'info' | 'debug';
  format: 'json' | 'text';
  /** Default: standard output. */
  destination?: Writable;
}

interface Line extends LogFields {
  level: string;
  message: string;
  service: string;
}

type Render = (line: Line) => string;

const renderJson: Render = ({ level, service, message, ...fields }) =>
  JSON.stringify({ timestamp: new Date().toISOString(), level, service, message, ...fields });

/** `12:00:01.250 warn  runner  Slow statement  statement=claim duration_ms=1200` */
const renderText: Render = ({ level, service, message, ...fields }) => {
  const time = new Date().toISOString().slice(11, 23);
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [
    `${time} ${level.padEnd(5)} ${service} `,
    message,
    ...(pairs.length > 0 ? [` ${pairs.join(' ')}`] : []),
  ].join(' ');
};

/** One line a call, on standard output, redacted. `fields` win over a child's, and those over the context's. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, level, destination } = options;
  const render = options.format === 'json' ? renderJson : renderText;
  const winston = createWinston({
    level,
    format: format.printf((line) => render(line as unknown as Line)),
    transports: [destination ? new transports.Stream({ stream: destination }) : new transports.Console()],
  });

  const loggerWith = (bound: LogFields): Logger => {
    const write =
      (lineLevel: LoggerOptions['level']): LogLine =>
      (message, fields) => {
        // winston would render the line first and drop it then.
        if (!winston.isLevelEnabled(lineLevel)) return;
        const redacted = redactFields({ ...logContext(), ...bound, ...fields });
        winston.log({ ...redacted, service, level: lineLevel, message: scrubText(message) });
      };
    return {
      error: write('error'),
      warn: write('warn'),
      info: write('info'),
      debug: write('debug'),
      child: (fields) => loggerWith({ ...bound, ...fields }),
    };
  };
  return loggerWith({});
}
