import Joi from 'joi';
import { type Role, roles } from '@loupe/common/models';
import { listQuery } from '../../http/list-parameters';

// REST contract, section 2.2.

/** Newest first, and nothing else: people are few. */
export const listUsersQuery = listQuery({ sortable: [], authored: false });

export interface RoleBody {
  role: Role;
}

export const roleBody = Joi.object<RoleBody>({
  role: Joi.string()
    .empty(null)
    .valid(...roles)
    .required(),
});
