import type { User } from '@loupe/common/models';
import { answer, idField, momentField, roleField, textField } from './response-fields';

// The user as the API shows it, at sign-in and among an organization's members (REST contract, section 2.1).

export const presentUser = (user: User) => ({
  id: user.id,
  org_id: user.orgId,
  email: user.email,
  name: user.name,
  role: user.role,
  created_at: user.createdAt,
  updated_at: user.updatedAt,
});

export const userFields = {
  id: idField(),
  org_id: idField(),
  email: textField(),
  name: textField(),
  role: roleField(),
  created_at: momentField(),
  updated_at: momentField(),
};

export const userAnswer = answer(userFields, 'User');
