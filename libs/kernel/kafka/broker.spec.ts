import { expect, it } from '@jest/globals';
import { kafka } from './broker.js';

it('wants settings that go together', () => {
  const lone = { KAFKA_CA_FILE: 'kafka.pem', KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'shop' };
  expect(kafka.check(lone)).toEqual([
    'KAFKA_CA_FILE: KAFKA_TLS is off, so that no certificate is looked at: set KAFKA_TLS=on, or unset it',
    'KAFKA_SASL_PASSWORD=: must be set with KAFKA_SASL_MECHANISM and KAFKA_SASL_USERNAME, or none of the three',
  ]);
  expect(kafka.check({ ...lone, KAFKA_TLS: 'on', KAFKA_SASL_PASSWORD: 'three warm bags' })).toEqual([]);
  expect(kafka.check({})).toEqual([]);
});
