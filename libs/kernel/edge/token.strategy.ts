import { callbackify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import * as z from 'zod';
import type { Principal } from '#kernel/core';
import { kernelFailure } from '#kernel/messages';
import { KeyRing } from './key-ring.js';

/** The request, as an edge hands it to Passport: each value of `authorization`, from headers or from metadata. */
export interface Asking {
  readonly authorization: readonly string[];
  /** Set by Passport. */
  user?: Principal;
}

const Claims = z.object({ sub: z.guid(), exp: z.int(), permissions: z.array(z.string()) });
/** Four bits of an ES256 signature's last character mean nothing; decoders pass over them, and one token would have 16 spellings. */
const canonical = (signature: string) => Buffer.from(signature, 'base64url').toString('base64url') === signature;
const Token = z.object({ header: z.object({ kid: z.string() }), signature: z.string().refine(canonical) });

const bearer = /^Bearer +([\w.~+/-]+=*)$/i;

/** The token of a single Authorization value (RFC 6750). Two are refused: a proxy may have checked the other one. */
function theOnlyToken({ authorization: [value = '', ...others] }: Asking): string | null {
  return others.length > 0 ? null : (bearer.exec(value)?.[1] ?? null);
}

/** Checks access tokens: ES256 and nothing else, by the keys of the ring. */
@Injectable()
export class TokenStrategy extends PassportStrategy(Strategy) {
  constructor(keys: KeyRing) {
    const decoder = new JwtService();
    const keyOf = callbackify(async (token: string) => {
      const parsed = Token.safeParse(decoder.decode(token, { complete: true }));
      if (!parsed.success) throw kernelFailure('kernel.unauthenticated');
      return keys.key(parsed.data.header.kid);
    });
    super({
      jwtFromRequest: theOnlyToken,
      algorithms: ['ES256'],
      issuer: 'cleave',
      audience: 'cleave-api',
      // It hands over a KeyObject, which jsonwebtoken takes; the types know of text alone.
      secretOrKeyProvider: (_, token: string, done) => keyOf(token, done as never),
    });
  }

  validate(payload: unknown): Principal {
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw kernelFailure('kernel.unauthenticated');
    const { sub, permissions } = claims.data;
    return { kind: 'user', id: sub, permissions, owners: [`user:${sub}`] };
  }
}
