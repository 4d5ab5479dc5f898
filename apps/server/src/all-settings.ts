import { type AnySettingsClass, KernelSettings } from '#kernel';
import { HttpSettings } from '#kernel/http';
import { CartSettings } from '#cart';
import { IdentitySettings } from '#identity';
import { InventorySettings } from '#inventory';
import { OrderingSettings } from '#ordering';
import { PaymentsSettings } from '#payments';
import { ServerSettings } from './server-settings.js';

/** Every setting that there is, by its module. `.env.example` is made from this, and a test compares them. */
export const allSettings: Readonly<Record<string, AnySettingsClass>> = {
  Server: ServerSettings,
  HTTP: HttpSettings,
  'Kernel: database, messages': KernelSettings,
  Identity: IdentitySettings,
  Inventory: InventorySettings,
  Cart: CartSettings,
  Ordering: OrderingSettings,
  Payments: PaymentsSettings,
};
