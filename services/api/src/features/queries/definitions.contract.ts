import Joi from 'joi';
import {
  maxParameterDefinitions,
  type ParameterDefinition,
  type ParameterType,
  parameterTypes,
} from '@loupe/common/models';
import { anyJson, jsonOfAtMost, text } from '../../http/field-rules';
import { answer, anyField, flagField, listField, oneOfField, textField } from '../../http/response-fields';

// REST contract, sections 2.4.1 and 3.3: the definitions of a query's parameters.

export interface DefinitionBody {
  name: string;
  param_type: ParameterType;
  default: unknown;
  required: boolean;
}

const MAX_DEFAULT_KIB = 8;
const MAX_PARAMETERS_KIB = 256;

const definition = Joi.object<DefinitionBody>({
  name: text({ min: 1, max: 255 }).required(),
  param_type: Joi.string()
    .valid(...parameterTypes)
    .required(),
  default: anyJson().custom(jsonOfAtMost(MAX_DEFAULT_KIB)).default(null),
  required: Joi.boolean().empty(null).default(false),
});

export const definitions = (): Joi.ArraySchema<DefinitionBody[]> =>
  Joi.array<DefinitionBody[]>()
    .empty(null)
    .items(definition)
    .max(maxParameterDefinitions)
    .custom(jsonOfAtMost(MAX_PARAMETERS_KIB));

export const definitionOf = (body: DefinitionBody): ParameterDefinition => ({
  name: body.name,
  type: body.param_type,
  default: body.default,
  required: body.required,
});

export const presentDefinition = ({ name, type, default: value, required }: ParameterDefinition) => ({
  name,
  param_type: type,
  default: value,
  required,
});

export const definitionsAnswer = listField(
  answer(
    {
      name: textField(),
      param_type: oneOfField(parameterTypes),
      default: anyField(),
      required: flagField(),
    },
    'ParameterDefinition',
  ),
);
