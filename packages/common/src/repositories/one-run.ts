import type { RunState } from '../models';

// Conditions on a run that is looked up by its id, written so that the server finds it by the id and by nothing else. Statements
// are planned while tables are young and their plans are kept: a plain comparison also lets it walk the small index of all runs
// in a state, past those that have left it, or the index of all runs of an organization.

/** That it belongs to the organization; `org` is a parameter of the statement. */
export const isOf = (org: `$${number}`): string => `org_id::text = ${org}`;

/** That it is in this state. */
export const isIn = (state: RunState): string => `state || '' = '${state}'`;
