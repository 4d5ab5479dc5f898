import { expect, it } from '@jest/globals';
import { direct } from './broker.js';

it('wants a key for its certificate, and a certificate for its key', () => {
  const cert = { DIRECT_CERT_FILE: 'desk.pem', DIRECT_CA_FILE: 'authority.pem' };
  const problem = 'a certificate needs its key, and a key its certificate: set both, or neither';
  expect(direct.check(cert)).toEqual([`DIRECT_CERT_FILE: ${problem}`]);
  expect(direct.check({ DIRECT_KEY_FILE: 'desk.key' })).toEqual([`DIRECT_KEY_FILE: ${problem}`]);
  expect(direct.check({ ...cert, DIRECT_KEY_FILE: 'desk.key' })).toEqual([]);
  expect(direct.check({ DIRECT_CA_FILE: 'authority.pem' })).toEqual([]);
  expect(direct.check({})).toEqual([]);
});
