import { describe, expect, it } from '@jest/globals';
import { hashPassword, nobodysHash, passwordMatches } from './password.js';

const parameters = (phc: string) => phc.split('$').slice(0, 4);
const lengths = (phc: string) => phc.split('$').map(({ length }) => length);

describe('A password', () => {
  it('is recognised by its hash, and another is not', async () => {
    const hash = await hashPassword('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwordMatches('correct horse', hash)).toBe(true);
    expect(await passwordMatches('correct horsf', hash)).toBe(false);
  });

  it('has another hash each time', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  it('is the same however the keyboard composes its letters', async () => {
    expect(await passwordMatches('gru\u0308n', await hashPassword('gr\u00fcn'))).toBe(true);
  });

  it('is recognised in a hash of other parameters, made elsewhere', async () => {
    // The test vector of the reference implementation: argon2id, version 19, "password", "somesalt".
    const reference = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    expect(await passwordMatches('password', reference)).toBe(true);
  });

  it('takes as much work where there is no user', async () => {
    const hash = await hashPassword('anything');
    expect(parameters(nobodysHash)).toEqual(parameters(hash));
    expect(lengths(nobodysHash)).toEqual(lengths(hash));
  });
});
