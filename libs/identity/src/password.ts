import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** argon2id (RFC 9106) with the parameters of OWASP's Password Storage Cheat Sheet. */
const current = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** The hash of no password: checked where there is no user, so that an unknown e-mail address takes as long as a known one. */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$WG7kK8g/iWFVIFYV0DWDkw$PiJSfpC8lw5kFWNcJhNHay0tSXnFB1QXPLnYagkR7hQ';

/** Hashes a password, in PHC string format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const hash = await derive('argon2id', { ...current, message: typed(password), nonce });
  const { memory, passes, parallelism } = current;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(nonce)}$${encode(hash)}`;
}

/** Whether the hash was made of this password, by the parameters that the hash itself names. */
export async function passwordMatches(password: string, phc: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, hash] = format.exec(phc) ?? [];
  if (!memory || !passes || !parallelism || !salt || !hash)
    throw new Error('A stored password hash is not in PHC string format.');
  const expected = Buffer.from(hash, 'base64');
  const actual = await derive('argon2id', {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
    message: typed(password),
    nonce: Buffer.from(salt, 'base64'),
  });
  return timingSafeEqual(actual, expected);
}

const format = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** One password typed on two keyboards can be two sequences of code points; NIST SP 800-63B asks for one form. */
const typed = (password: string): string => password.normalize('NFKC');

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
