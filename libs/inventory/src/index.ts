export { InventoryModule } from './inventory.module.js';
export { InventorySettings } from './inventory.settings.js';
