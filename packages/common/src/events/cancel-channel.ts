import Joi from 'joi';

/** Tells one runner session to stop one run. A message that is lost costs up to a second: sessions read their flags too. */
export interface CancelMessage {
  runId: string;
}

export const cancelChannel = (namespace: string, sessionId: string): string =>
  `${namespace}:cancel:${sessionId}`;

const schema = Joi.object<CancelMessage>({ runId: Joi.string().uuid().required() }).unknown(true).required();

/** What a message says, or undefined when it is not one of ours. */
export function parseCancelMessage(text: string): CancelMessage | undefined {
  try {
    const checked: Joi.ValidationResult<CancelMessage> = schema.validate(JSON.parse(text));
    return checked.error === undefined ? checked.value : undefined;
  } catch {
    return undefined;
  }
}
