import * as z from 'zod';
import { type Environment, integer, onOff, settings, WrongSettings } from '#kernel/base';
import { demoAdministrator, demoCustomer } from './contracts/index.js';

export class IdentitySettings extends settings({
  NODE_ENV: {
    schema: z.string(),
    doc: 'In production the demo’s accounts may not be in the database.',
    default: 'development',
  },
  CLEAVE_DEMO: {
    schema: onOff(),
    doc: 'on: the demo’s accounts are made, once, in an empty database.',
    default: 'off',
  },
  IDENTITY_ADMIN_EMAIL: {
    schema: z.email('must be an e-mail address').optional(),
    doc: 'An administrator who is made at boot where there is no user with this e-mail address.',
  },
  IDENTITY_ADMIN_PASSWORD: {
    schema: z
      .string()
      .min(12, 'must have at least 12 characters')
      .max(1_024, 'must have at most 1,024 characters')
      .optional(),
    doc: 'The password that IDENTITY_ADMIN_EMAIL begins with. It does not change a user who is there already.',
  },
  IDENTITY_KEY_ROTATION: {
    schema: integer(1, 3_650),
    doc: 'Days until a new key signs the access tokens. Nobody is logged out by it.',
    default: '30',
  },
  IDENTITY_KEY_LEAD: {
    schema: integer(0, 86_400),
    doc: 'Seconds that a new key is published before it signs: more than the 60 that others keep the published keys.',
    default: '120',
  },
}) {
  constructor(environment: Environment) {
    super(environment);
    if ((this.IDENTITY_ADMIN_EMAIL === undefined) !== (this.IDENTITY_ADMIN_PASSWORD === undefined)) {
      throw new WrongSettings(['IDENTITY_ADMIN_EMAIL and IDENTITY_ADMIN_PASSWORD: set both or neither']);
    }
    if ([demoAdministrator, demoCustomer].some(({ password }) => password === this.IDENTITY_ADMIN_PASSWORD))
      throw new WrongSettings(['IDENTITY_ADMIN_PASSWORD: everybody knows the passwords of the demo; choose another']);
  }
}
