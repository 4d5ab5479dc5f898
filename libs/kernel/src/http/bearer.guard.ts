import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authorize } from '../bus/authorize.js';
import { Failure, kernelFailure } from '../messages/failure.js';
import type { Principal } from '../runtime/ambient.js';
import { RateLimits } from './rate-limits.js';

/** Finds out who asks. A request without a token passes at once as anonymous; a wrong token is refused everywhere. */
@Injectable()
export class BearerGuard extends AuthGuard('jwt') {
  constructor(private readonly limits: RateLimits) {
    super();
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return request.headers.authorization === undefined ? admits(request) : this.authenticate(context, request);
  }

  private async authenticate(
    context: ExecutionContext,
    request: FastifyRequest & { user?: Principal },
  ): Promise<boolean> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    try {
      await super.canActivate(context);
    } catch (error) {
      this.limits.countBearer(request, reply);
      throw error;
    }
    const user = request.user!;
    this.limits.countBearer(request, reply, user.id);
    request.surroundings.principal = { ...user, owners: [...user.owners, ...request.surroundings.principal.owners] };
    return admits(request);
  }

  /** Wrong tokens come as `info`, and so does the failure of asking for the keys. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    if (user) return user;
    throw info instanceof Failure ? info : (error ?? kernelFailure('kernel.unauthenticated'));
  }
}

/** What the owner decides by the contract anyway, decided before a large body is read. */
function admits({ routeOptions, surroundings }: FastifyRequest): true {
  const { access } = routeOptions.config;
  if (access) authorize(access, surroundings.principal, undefined);
  return true;
}
