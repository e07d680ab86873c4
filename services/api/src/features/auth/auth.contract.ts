import Joi from 'joi';
import type { User } from '@loupe/common/models';
import { freeName, problem, text } from '../../http/field-rules';
import { answer, textField } from '../../http/response-fields';
import { presentUser, userAnswer, userFields } from '../../http/user-shape';

// REST contract, section 2.1.

export interface RegisterBody {
  email: string;
  password: string;
  name: string;
  org_name?: string;
}

export interface LoginBody {
  email: string;
  password: string;
}

const address = Joi.string().email({ tlds: { allow: false }, ignoreLength: true });

/** The same person whatever the letter case; stored and compared as it comes out of here. */
const email = (): Joi.StringSchema<string> =>
  text({ min: 3, max: 320 }).custom((value: string, helpers) => {
    const trimmed = value.trim().toLowerCase();
    const isAddress =
      trimmed.length >= 3 && trimmed.length <= 255 && address.validate(trimmed).error === undefined;
    return isAddress ? trimmed : problem(helpers, 'must be an e-mail address of at most 255 characters');
  });

export const registerBody = Joi.object<RegisterBody>({
  email: email().required(),
  password: text({ min: 8, max: 128 }).required(),
  name: freeName().required(),
  org_name: freeName(),
});

export const loginBody = Joi.object<LoginBody>({
  email: email().required(),
  password: text({ min: 1, max: 128 }).required(),
});

export interface SignIn {
  user: User;
  token: string;
  refreshToken: string;
}

export const presentSignIn = ({ user, token, refreshToken }: SignIn) => ({
  user: presentUser(user),
  token,
  refresh_token: refreshToken,
});

export const presentRefresh = ({ token, refreshToken }: Omit<SignIn, 'user'>) => ({
  token,
  refresh_token: refreshToken,
});

export const presentLogout = () => ({ message: 'You are signed out' });

/** Some clients read the user at the top level, others the three members. */
export const presentRegistration = (signIn: SignIn) => ({
  ...presentUser(signIn.user),
  ...presentSignIn(signIn),
});

const signInFields = { user: userAnswer, token: textField(), refresh_token: textField() };

export const signInAnswer = answer(signInFields, 'SignIn');

export const registrationAnswer = answer({ ...userFields, ...signInFields }, 'Registration');

export const refreshAnswer = answer({ token: textField(), refresh_token: textField() });

export const logoutAnswer = answer({ message: textField() });
