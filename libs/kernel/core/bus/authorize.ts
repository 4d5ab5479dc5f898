import { type Access, kernelFailure } from '#kernel/messages';
import type { Principal } from '../runtime/call-context.js';

/** Lets a principal through to a message, or not. `caller` is the context that asks, if one does. */
export function authorize(access: Access, principal: Principal, caller: string | undefined): void {
  switch (access.kind) {
    case 'anyone':
    case 'owner':
      return;
    case 'authenticated':
      if (principal.kind === 'anonymous') throw kernelFailure('kernel.unauthenticated');
      return;
    case 'internal':
      if (caller === undefined && principal.kind !== 'service')
        throw kernelFailure('kernel.forbidden', { message: 'Only other contexts may ask this.' });
      return;
    case 'permission':
      if (principal.kind === 'service' || principal.permissions.includes(access.permission)) return;
      if (principal.kind === 'anonymous') throw kernelFailure('kernel.unauthenticated');
      throw kernelFailure('kernel.forbidden', { message: `This needs the permission "${access.permission}".` });
  }
}
