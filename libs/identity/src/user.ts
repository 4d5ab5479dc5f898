import { Aggregate } from '#kernel/core';
import { permissionsOf, type Role } from './role.js';

interface UserState {
  readonly id: string;
  /** As it was typed; no two users have the same, whatever the case. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly roles: readonly Role[];
}

/** Somebody who can log in. */
export class User extends Aggregate {
  constructor(readonly state: UserState) {
    super();
  }

  /** Whoever registers is a customer; other roles are given. */
  static register(account: Omit<UserState, 'roles'>): User {
    return new User({ ...account, roles: ['customer'] });
  }

  /** What an access token says about the user. */
  get claims() {
    const { roles } = this.state;
    return { roles, permissions: permissionsOf(roles) };
  }
}
