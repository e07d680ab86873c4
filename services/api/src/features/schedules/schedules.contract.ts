import Joi from 'joi';
import { isTimezone, type Run, type Schedule, type ScheduleContent } from '@loupe/common/models';
import { opaqueObject, problem, resourceName, tags, text, uuid } from '../../http/field-rules';
import { documentedString } from '../../http/documented-joi';
import { listQuery } from '../../http/list-parameters';
import { sentFields } from '../../http/partial-change';
import {
  answer,
  countField,
  flagField,
  idField,
  momentField,
  nullable,
  openField,
  tagsField,
  textField,
} from '../../http/response-fields';

// REST contract, sections 2.6 and 5.

interface ScheduleBody {
  query_id: string;
  name: string;
  cron_expression: string;
  timezone: string;
  parameters: Record<string, unknown>;
  tags: string[];
  enabled: boolean;
}

const timezone = (): Joi.StringSchema<string> =>
  documentedString({ description: 'Name of an IANA time zone' })
    .empty(null)
    .custom((value: string, helpers) =>
      isTimezone(value) ? value : problem(helpers, 'must be the name of a time zone, such as Europe/Berlin'),
    );

const fields = {
  query_id: uuid(),
  name: resourceName(),
  // What it says is checked by the service, which knows how often a schedule may fire.
  cron_expression: text({ min: 1, max: 100, notBlank: true, oneLine: true }),
  timezone: timezone(),
  parameters: opaqueObject(),
  tags: tags(),
  enabled: Joi.boolean().empty(null),
};

export const createScheduleBody = Joi.object<ScheduleBody>({
  query_id: fields.query_id.required(),
  name: fields.name.required(),
  cron_expression: fields.cron_expression.required(),
  timezone: fields.timezone.default('UTC'),
  parameters: fields.parameters.default({}),
  tags: fields.tags.default([]),
  enabled: fields.enabled.default(true),
});

export const updateScheduleBody = Joi.object<Partial<ScheduleBody>>(fields);

export const listSchedulesQuery = listQuery<{ enabled: boolean }>({
  sortable: ['name', 'next_run_at', 'created_at', 'updated_at'],
  searched: true,
  tagged: true,
  filters: { enabled: Joi.boolean() },
});

export const contentOf = (body: ScheduleBody): ScheduleContent => ({
  queryId: body.query_id,
  name: body.name,
  cronExpression: body.cron_expression,
  timezone: body.timezone,
  parameters: body.parameters,
  tags: body.tags,
  enabled: body.enabled,
});

export const changeOf = (body: Partial<ScheduleBody>): Partial<ScheduleContent> =>
  sentFields<ScheduleContent>({
    queryId: body.query_id,
    name: body.name,
    cronExpression: body.cron_expression,
    timezone: body.timezone,
    parameters: body.parameters,
    tags: body.tags,
    enabled: body.enabled,
  });

export const presentSchedule = (schedule: Schedule) => ({
  id: schedule.id,
  org_id: schedule.orgId,
  query_id: schedule.queryId,
  name: schedule.name,
  cron_expression: schedule.cronExpression,
  timezone: schedule.timezone,
  parameters: schedule.parameters,
  tags: schedule.tags,
  enabled: schedule.enabled,
  last_run_at: schedule.lastRunAt,
  next_run_at: schedule.nextRunAt,
  version: schedule.version,
  created_by: schedule.createdBy,
  created_at: schedule.createdAt,
  updated_at: schedule.updatedAt,
});

export const scheduleAnswer = answer(
  {
    id: idField(),
    org_id: idField(),
    query_id: idField(),
    name: textField(),
    cron_expression: textField(),
    timezone: textField(),
    parameters: openField(),
    tags: tagsField(),
    enabled: flagField(),
    last_run_at: nullable(momentField()),
    next_run_at: nullable(momentField()),
    version: countField(),
    created_by: idField(),
    created_at: momentField(),
    updated_at: momentField(),
  },
  'Schedule',
);

export const presentTrigger = (run: Run) => ({ run_id: run.id, message: 'The schedule was triggered' });

export const triggerAnswer = answer({ run_id: idField(), message: textField() });
