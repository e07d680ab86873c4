import { defineRoute, type Route } from '../../http/route';
import {
  loginBody,
  presentRegistration,
  presentSignIn,
  presentUser,
  registerBody,
  registrationAnswer,
  signInAnswer,
  userAnswer,
} from './auth.contract';
import type { AuthService } from './auth.service';

const tag = 'Authentication';

export const authRoutes = (service: AuthService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/auth/register',
    tag,
    summary: 'Register an organization with its first user',
    access: 'public',
    body: registerBody,
    status: 201,
    errors: ['conflict'],
    rateLimit: 'register',
    handle: ({ body: { org_name: orgName, ...body } }) => service.register({ ...body, orgName }),
    present: presentRegistration,
    response: registrationAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/auth/login',
    tag,
    summary: 'Sign in',
    access: 'public',
    body: loginBody,
    status: 200,
    errors: ['unauthenticated'],
    rateLimit: 'login',
    handle: ({ body }) => service.login(body),
    present: presentSignIn,
    response: signInAnswer,
  }),
  defineRoute({
    method: 'get',
    path: '/auth/me',
    tag,
    summary: 'Read the signed-in user',
    access: 'viewer',
    status: 200,
    rateLimit: 'polls',
    // Authentication has just read it: this page-load request costs one statement.
    handle: ({ user }) => user,
    present: presentUser,
    response: userAnswer,
  }),
];
