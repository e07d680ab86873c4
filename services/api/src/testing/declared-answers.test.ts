import type { Response } from 'supertest';
import { answer, countField, textField } from '../http/response-fields';
import { defineRoute } from '../http/route';
import { createAnswerCheck } from './declared-answers';

const route = defineRoute({
  ...{
    method: 'get',
    path: '/things/:id',
    tag: 'Things',
    summary: 'Read a thing',
    access: 'viewer',
    status: 200,
  },
  handle: () => undefined,
  present: () => undefined,
  response: answer({ name: textField(), size: countField().optional() }, 'Thing'),
});

const check = createAnswerCheck([route]);

const answered = (status: number, body: unknown, path = '/things/1'): Response =>
  ({
    status,
    body,
    request: { method: 'GET', url: `http://127.0.0.1/api/v1${path}` },
  }) as unknown as Response;

const error = {
  message: 'No',
  details: { error_id: 'x' },
  error: { type: 'x', message: 'No', error_id: 'x' },
};

describe('the check of answers against their declaration', () => {
  it('accepts what is declared', () => {
    check(answered(200, { name: '' }));
    check(answered(200, { name: 'a', size: 1 }));
    check(answered(404, error));
    check(answered(503, error));
  });

  it.each([
    ['a field that is missing', {}],
    ['a field that is not declared', { name: 'a', colour: 'red' }],
    ['a value of another type', { name: 1 }],
    ['a number out of range', { name: 'a', size: -1 }],
  ])('refuses %s', (_what, body) => {
    expect(() => check(answered(200, body))).toThrow('a body that is not as declared');
  });

  it('refuses a status that is not declared', () => {
    expect(() => check(answered(409, error))).toThrow('answered 409, which its route does not declare');
    expect(() => check(answered(201, { name: 'a' }))).toThrow('answered 201');
  });

  it('refuses an error in another shape, whatever the address', () => {
    expect(() => check(answered(404, { message: 'No' }, '/elsewhere'))).toThrow('not as declared');
  });
});
