import { defineRoute, type Route } from '../../http/route';
import { loginBody, presentRegistration, presentSignIn, presentUser, registerBody } from './auth.contract';
import type { AuthService } from './auth.service';

export const authRoutes = (service: AuthService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/auth/register',
    access: 'public',
    body: registerBody,
    status: 201,
    handle: ({ body: { org_name: orgName, ...body } }) => service.register({ ...body, orgName }),
    present: presentRegistration,
  }),
  defineRoute({
    method: 'post',
    path: '/auth/login',
    access: 'public',
    body: loginBody,
    status: 200,
    handle: ({ body }) => service.login(body),
    present: presentSignIn,
  }),
  defineRoute({
    method: 'get',
    path: '/auth/me',
    access: 'viewer',
    status: 200,
    // Authentication has just read it: this page-load request costs one statement.
    handle: ({ user }) => user,
    present: presentUser,
  }),
];
