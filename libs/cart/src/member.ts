import { principal } from '#kernel/core';

/** `user:<id>` of whoever is logged in. */
export const member = (): string | undefined => principal().owners.find((owner) => owner.startsWith('user:'));
