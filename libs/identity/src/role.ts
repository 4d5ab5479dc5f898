/** What each role may do. Contexts name the permissions in their contracts; who holds them is decided here. */
const permissions = {
  admin: ['catalog.write', 'inventory.write', 'orders.read', 'orders.write', 'payments.write', 'operations'],
  customer: [],
} as const satisfies Record<string, readonly string[]>;

export type Role = keyof typeof permissions;

export const permissionsOf = (roles: readonly Role[]): string[] => [
  ...new Set(roles.flatMap((role): readonly string[] => permissions[role])),
];
