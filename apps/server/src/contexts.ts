import type { Type } from '@nestjs/common';
import type { AnySettingsClass } from '#kernel/base';

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

export const contextNames = Object.keys(contexts);

/** The core modules of these contexts. */
export const cores = (names: readonly string[]): Promise<Type[]> =>
  modulesOf(chosen(names).map(([, { core }]) => core()));

/** The module of every context's edge. */
export const edges = (): Promise<Type[]> => modulesOf(Object.values(contexts).map(({ edge }) => edge()));

/** The settings of those of these contexts that have some, by the context's name as a title. */
export async function contextSettings(names: readonly string[]): Promise<Record<string, AnySettingsClass>> {
  const found = chosen(names).map(async ([name, { core }]) => {
    const settings = ending('Settings', await core()) as AnySettingsClass | undefined;
    return settings ? [[titleOf(name), settings] as const] : [];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
}

/** In the order of boot, whatever order they are named in. */
const chosen = (names: readonly string[]) => Object.entries(contexts).filter(([name]) => names.includes(name));

/** A library's face exports one module, and the settings of that, if any. */
async function modulesOf(faces: Promise<object>[]): Promise<Type[]> {
  return (await Promise.all(faces)).map((face) => ending('Module', face) as Type);
}

const ending = (word: string, face: object): unknown => Object.entries(face).find(([name]) => name.endsWith(word))?.[1];

/** `gift-cards` → `Gift cards`. */
export const titleOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');
