import type { Type } from '@nestjs/common';
import type { AnySettingsClass } from '#kernel/settings';

/**
 * Every context, in the order of boot: its core and its edge. Nothing is loaded before it is asked for, so that a gateway
 * takes every edge and no core. `npx cleave new context` adds a line; all else that knows every context asks here.
 */
export const contexts = {
  identity: { core: () => import('#identity'), edge: () => import('#identity/http') },
  catalog: { core: () => import('#catalog'), edge: () => import('#catalog/http') },
  inventory: { core: () => import('#inventory'), edge: () => import('#inventory/http') },
  cart: { core: () => import('#cart'), edge: () => import('#cart/http') },
  ordering: { core: () => import('#ordering'), edge: () => import('#ordering/http') },
  payments: { core: () => import('#payments'), edge: () => import('#payments/http') },
};

/** The core module of every context. */
export const cores = (): Promise<Type[]> => modulesOf(Object.values(contexts).map(({ core }) => core()));

/** The module of every context's edge. */
export const edges = (): Promise<Type[]> => modulesOf(Object.values(contexts).map(({ edge }) => edge()));

/** The settings of every context that has some, by its name as a title. */
export async function contextSettings(): Promise<Record<string, AnySettingsClass>> {
  const found = Object.entries(contexts).map(async ([name, { core }]) => {
    const settings = ending('Settings', await core()) as AnySettingsClass | undefined;
    return settings ? [[titleOf(name), settings] as const] : [];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
}

/** A library's face exports one module, and the settings of that, if any. */
async function modulesOf(faces: Promise<object>[]): Promise<Type[]> {
  return (await Promise.all(faces)).map((face) => ending('Module', face) as Type);
}

const ending = (word: string, face: object): unknown => Object.entries(face).find(([name]) => name.endsWith(word))?.[1];

/** `gift-cards` → `Gift cards`. */
const titleOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');
