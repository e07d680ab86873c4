import { defineRoute, type Route } from '../../http/route';
import { presentUser, userAnswer } from '../../http/user-shape';
import {
  loginBody,
  logoutAnswer,
  presentLogout,
  presentRefresh,
  presentRegistration,
  presentSignIn,
  refreshAnswer,
  registerBody,
  registrationAnswer,
  signInAnswer,
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
  ...sessionRoutes(service),
];

const sessionRoutes = (service: AuthService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/auth/refresh',
    tag,
    summary: 'Exchange a refresh token for new tokens',
    description:
      'The refresh token goes into the Authorization header and is used up. One that was used before ends the session: somebody else may have it.',
    access: 'refresh',
    status: 200,
    handle: ({ refreshToken }) => service.refresh(refreshToken),
    present: presentRefresh,
    response: refreshAnswer,
  }),
  defineRoute({
    method: 'post',
    path: '/auth/logout',
    tag,
    summary: 'Sign out',
    description: 'Ends the session: neither its access tokens nor its refresh tokens are accepted any more.',
    access: 'viewer',
    status: 200,
    handle: ({ actor }) => service.logout(actor),
    present: presentLogout,
    response: logoutAnswer,
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
