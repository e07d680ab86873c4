import Joi from 'joi';

/** What is said of a run on a channel: which one. What it means is the channel's business. */
export interface RunMessage {
  runId: string;
}

const schema = Joi.object<RunMessage>({ runId: Joi.string().uuid().required() }).unknown(true).required();

export const runMessage = (runId: string): string => JSON.stringify({ runId } satisfies RunMessage);

/** What a message says, or undefined when it is not one of ours. */
export function parseRunMessage(text: string): RunMessage | undefined {
  try {
    const checked: Joi.ValidationResult<RunMessage> = schema.validate(JSON.parse(text));
    return checked.error === undefined ? checked.value : undefined;
  } catch {
    return undefined;
  }
}
