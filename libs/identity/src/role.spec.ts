import { describe, expect, it } from '@jest/globals';
import { permissionsOf } from './role.js';

describe('Roles', () => {
  it('let an administrator do everything that contracts ask a permission for', () => {
    expect(permissionsOf(['admin'])).toEqual([
      'catalog.write',
      'inventory.write',
      'orders.read',
      'orders.write',
      'payments.write',
      'operations',
    ]);
  });

  it('add up without repeating themselves', () => {
    expect(permissionsOf(['customer', 'admin', 'admin'])).toEqual(permissionsOf(['admin']));
    expect(permissionsOf(['customer'])).toEqual([]);
  });
});
