import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import { anonymous, type Principal } from '#kernel/core';
import { Failure, kernelFailure } from '#kernel/messages';
import type { Asking } from './token.strategy.js';

/** Authenticates users, at every edge. */
@Injectable()
export class WhoAsks extends AuthGuard('jwt') {
  /** The user of an access token. `authorization`: each value that came. @throws kernel.unauthenticated, or why the keys cannot be had */
  async userOf(authorization: readonly string[]): Promise<Principal> {
    const asking: Asking = { authorization };
    await super.canActivate(new ExecutionContextHost([asking, {}]));
    return asking.user!;
  }

  /** Wrong tokens come as `info`, and so does the failure of asking for the keys. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    if (user) return user;
    throw info instanceof Failure ? info : (error ?? kernelFailure('kernel.unauthenticated'));
  }
}

/** The principal that a guest's token stands for: the owner by the token's hash. The token itself goes no further. */
export function guestOf(token: unknown): Principal {
  if (typeof token !== 'string' || token === '') return anonymous;
  const guest = `guest:${hash('sha256', token, 'hex')}`;
  return { ...anonymous, id: guest, owners: [guest] };
}

/** A user with a guest's token owns what both own. */
export const asBoth = (user: Principal, guest: Principal): Principal => ({
  ...user,
  owners: [...user.owners, ...guest.owners],
});
